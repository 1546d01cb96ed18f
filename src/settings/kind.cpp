#include "settings/kind.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::settings {

void reading::refuse(position at, std::string code, std::string message, std::string help) {
  if (errors.size() >= std::size_t{4} * limits::config_errors_max) return;
  auto made = at.line == 0 ? diagnostic{} : source.at_line(at.line, at.column, {}, {});
  made.file = source.file;
  made.code = std::move(code);
  made.message = std::move(message);
  made.help = std::move(help);
  const auto room = made.excerpt.size() >= made.column ? made.excerpt.size() + 1 - made.column : 1;
  made.length = static_cast<std::uint32_t>(std::clamp<std::size_t>(at.length, 1, room));
  errors.push_back(std::move(made));
}

diagnostics reading::sorted_errors() {
  std::ranges::stable_sort(errors, {}, [](const diagnostic& d) { return std::pair(d.line, d.column); });
  if (errors.size() > limits::config_errors_max) errors.resize(limits::config_errors_max);
  return std::move(errors);
}

bool expect_table(reading& in, std::string_view title, const value& from) {
  if (from.as<value::table>() != nullptr) return true;
  in.refuse(from.at, "P0103", std::format("{} is a table, found {}", title, from.kind()));
  return false;
}

void refuse_unknown(reading& in, std::string_view title, const entry& found, std::span<const std::string_view> known) {
  auto help = did_you_mean(found.key, known);
  if (help.empty()) help = "known here: " + kind::join(known);
  const auto what = found.content.as<value::table>() != nullptr ? "section" : "key";
  in.refuse(found.at, "P0102", std::format("unknown {} '{}' in {}", what, found.key, title), std::move(help));
}

namespace kind {

std::optional<std::string> text::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a text");
  if (found == nullptr) return std::nullopt;
  if (found->size() <= limits::config_text_bytes_max) return *found;
  in.refuse(from.at, "P0105", std::format("a text of over {} bytes", limits::config_text_bytes_max));
  return std::nullopt;
}

std::optional<std::string> name::read(reading& in, const value& from) {
  const auto* found = expect<std::string>(in, from, "a name");
  if (found == nullptr) return std::nullopt;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  const bool good = !found->empty() && found->size() <= limits::config_name_bytes_max && !found->starts_with('.') &&
                    std::ranges::all_of(*found, fits);
  if (good) return *found;
  in.refuse(from.at, "P0105", "not a name",
            std::format("letters, digits, '-', '_' and '.', not '.' first, 1 to {} of them; it stands in topics, file "
                        "names and certificates",
                        limits::config_name_bytes_max));
  return std::nullopt;
}

std::optional<bool> boolean::read(reading& in, const value& from) {
  const auto* found = expect<bool>(in, from, "true or false");
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::optional<std::int64_t> read_whole(reading& in, const value& from, std::int64_t least, std::int64_t most) {
  const auto* found = expect<std::int64_t>(in, from, "a whole number");
  if (found == nullptr) return std::nullopt;
  if (*found >= least && *found <= most) return *found;
  in.refuse(from.at, "P0105", std::format("{} is out of range: {} to {}", *found, least, most));
  return std::nullopt;
}

std::string join(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

void refuse_choice(reading& in, const value& from, std::string_view found, std::span<const std::string_view> known) {
  auto help = did_you_mean(found, known);
  if (help.empty()) help = "one of " + join(known);
  in.refuse(from.at, "P0106", std::format("'{}' is not known here", found), std::move(help));
}

}  // namespace kind
}  // namespace perigee::settings
