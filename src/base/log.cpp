#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/printable.hpp"

namespace perigee::log {
namespace {

std::atomic<level> lowest_written = level::info;

spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("perigee", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %L %v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum to_spdlog(level at) {
  switch (at) {
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: return spdlog::level::err;
    case level::off: break;
  }
  return spdlog::level::off;
}

}  // namespace

void set_level(level lowest) noexcept { lowest_written = lowest; }
bool enabled(level at) noexcept { return at >= lowest_written.load(std::memory_order_relaxed) && at != level::off; }

void write(level at, std::string_view place, std::string_view sentence) noexcept {
  sink().log(to_spdlog(at), "{}: {}", place, printable(sentence));
}

}  // namespace perigee::log
