#include "node/line_source.hpp"

#include <boost/json.hpp>
#include <utility>

#include "base/limits.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

std::string line_of(const json::object& what) { return json::serialize(what) + "\n"; }

}  // namespace

io::task<std::string> line_source::next() {
  if (lines_.empty()) {
    const auto woken = co_await there_.wait_until(clock::now() + silence_max);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return std::unexpected(woken.error());
  }
  auto out = std::exchange(lines_, {});
  if (missed_ != 0) {
    out += line_of({{"at", to_iso8601(clock::wall())}, {"event", "missed"}, {"lines", std::exchange(missed_, 0)}});
  }
  co_return out.empty() ? "\n" : std::move(out);
}

/// Behind a line that was missed others are too, until that is said: so what comes is in order.
void line_source::add(const json::object& what) {
  if (missed_ != 0) {
    ++missed_;
    return;
  }
  auto line = line_of(what);
  if (lines_.size() + line.size() > limits::mqtt_output_bytes_max) {
    ++missed_;
  } else {
    lines_ += line;
  }
  there_.notify();
}

}  // namespace perigee::node
