#pragma once
// The declarative half of the configuration: an option is a key, how its value is read and where it goes, and what a
// person should know. One table reads the file, knows what is unknown, and is the documentation.

#include <algorithm>
#include <format>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "node/config.hpp"
#include "node/detail/document.hpp"

namespace perigee::node::detail {

enum class path_kind { file, folder };
struct expected_path {
  position at;
  std::string path;
  path_kind kind;
};

/// One pass over one file: what it says, what is wrong with it, and which paths must be there.
struct reading {
  source_text source;
  std::string folder;
  diagnostics errors{};
  std::vector<expected_path> paths{};

  void refuse(position at, std::string code, std::string message, std::string help = {});
  [[nodiscard]] std::string resolve(std::string_view path) const;
};

template <class T>
struct option {
  std::string_view key;
  std::string_view title;    // "[mqtt]" for a section, empty for a value
  std::string_view initial;  // "required": its absence is an error
  std::string_view text;
  void (*read)(reading& in, std::string_view title, const value& from, T& into);
  std::string (*type)() = nullptr;                                                    // of a value
  void (*describe)(std::string_view title, std::vector<option_help>& out) = nullptr;  // of a section
};

/// A row for one value. `Kind` reads it; `Place` is the member it goes to, or a function of the owner and the value.
template <auto Place, class Kind, class T>
constexpr option<T> row(std::string_view key, std::string_view initial, std::string_view text) {
  const auto read = [](reading& in, std::string_view, const value& from, T& into) {
    auto parsed = Kind::read(in, from);
    if (!parsed) return;
    if constexpr (std::is_member_object_pointer_v<decltype(Place)>) {
      into.*Place = std::move(*parsed);
    } else {
      Place(into, std::move(*parsed));
    }
  };
  return {key, {}, initial, text, read, &Kind::type};
}

template <class T, std::size_t N>
constexpr std::span<const option<T>> all(const option<T> (&rows)[N]) {
  return rows;
}

[[nodiscard]] bool expect_table(reading& in, std::string_view title, const value& from);
void refuse_unknown(reading& in, std::string_view title, const entry& found, std::span<const std::string_view> known);

/// Fills `into` from a table: every option of the list, then what no option knows.
template <class T>
void read_table(reading& in, std::string_view title, const value& from, std::span<const option<T>> options, T& into) {
  if (!expect_table(in, title, from)) return;
  std::vector<std::string_view> known;
  for (const auto& one : options) {
    known.push_back(one.key);
    if (const auto* found = from.find(one.key)) {
      one.read(in, one.title, *found, into);
    } else if (one.initial == "required") {
      const auto name = one.title.empty() ? one.key : one.title;
      in.refuse(from.at, "P0104", std::format("{} needs {}", title, name), std::format("{}: {}", one.key, one.text));
    }
  }
  for (const auto& found : *from.as<value::table>()) {
    if (!std::ranges::contains(known, found.key)) refuse_unknown(in, title, found, known);
  }
}

template <class T>
void describe_table(std::string_view title, std::span<const option<T>> options, std::vector<option_help>& out) {
  for (const auto& one : options) {
    if (one.describe == nullptr) out.push_back({title, one.key, one.type(), one.initial, one.text});
  }
  for (const auto& one : options) {
    if (one.describe != nullptr) one.describe(one.title, out);
  }
}

}  // namespace perigee::node::detail
