// The body of Boost.JSON, compiled here and nowhere else. It needs no Asio, so that engines may use it.
#include <boost/json/src.hpp>
