#pragma once
// Log lines: a level, the place that speaks ("doors.mqtt"), and a sentence. Lines go to stderr; stdout is data.

#include <format>
#include <string_view>

namespace perigee::log {

enum class level { debug, info, warning, error, off };

/// At most this level's lines and above are written; `info` at start. Safe to call from any thread, as is `write`.
void set_level(level lowest) noexcept;
[[nodiscard]] bool enabled(level at) noexcept;
void write(level at, std::string_view place, std::string_view sentence) noexcept;

template <class... Args>
void line(level at, std::string_view place, std::format_string<Args...> format, Args&&... args) {
  if (enabled(at)) write(at, place, std::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void debug(std::string_view place, std::format_string<Args...> format, Args&&... args) {
  line(level::debug, place, format, std::forward<Args>(args)...);
}
template <class... Args>
void info(std::string_view place, std::format_string<Args...> format, Args&&... args) {
  line(level::info, place, format, std::forward<Args>(args)...);
}
template <class... Args>
void warn(std::string_view place, std::format_string<Args...> format, Args&&... args) {
  line(level::warning, place, format, std::forward<Args>(args)...);
}
template <class... Args>
void fault(std::string_view place, std::format_string<Args...> format, Args&&... args) {
  line(level::error, place, format, std::forward<Args>(args)...);
}

}  // namespace perigee::log
