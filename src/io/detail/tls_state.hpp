#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "io/stream.hpp"

namespace perigee::io {

struct tls_state final : tls_context {
  explicit tls_state(boost::asio::ssl::context::method method) : context(method) {}
  boost::asio::ssl::context context;
};

/// Subject CN of the peer's certificate, empty where there is none or it did not verify.
[[nodiscard]] std::string common_name(SSL* of);

}  // namespace perigee::io
