#pragma once
// The declarative half of every TOML file of Perigee: an option is a key, how its value is read and where it goes, and
// what a person should know. One table reads the file, knows what is unknown, and is the documentation.

#include <algorithm>
#include <format>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "settings/document.hpp"

namespace perigee::settings {

/// One row of a file's documentation.
struct option_help {
  std::string_view section;  // "[journal.lane.*]"
  std::string_view key;      // "bytes_max"
  std::string type;          // "size"
  std::string_view initial;  // what it is when absent; "required" where it must be given
  std::string_view text;
};

enum class path_kind { file, folder };
struct expected_path {
  position at;
  std::string path;
  path_kind kind;
};

/// One pass over one file: what it says, what is wrong with it, and which paths must be there.
struct reading {
  source_text source;
  std::string folder{};
  diagnostics errors{};
  std::vector<expected_path> paths{};

  /// Keeps at most a few times limits::config_errors_max: a file that is no such file at all has one in each line.
  void refuse(position at, std::string code, std::string message, std::string help = {});
  /// The errors by position, as many as are shown.
  [[nodiscard]] diagnostics sorted_errors();
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

template <const auto& Options>
void describe(std::string_view title, std::vector<option_help>& out) {
  describe_table(title, all(Options), out);
}

/// A table that remembers where it stands in its file, for what is checked once all of them are read.
template <class T>
concept placed = requires(T& t, position p) { t.at = p; };

/// A row for [[sections]]: one element of a vector for each.
template <const auto& Options, auto Member, std::size_t Most, class T>
constexpr option<T> repeated(std::string_view key, std::string_view title, std::string_view text) {
  const auto read = [](reading& in, std::string_view name, const value& from, T& into) {
    const auto* list = from.as<value::array>();
    if (list == nullptr) {
      in.refuse(from.at, "P0103", std::format("{} is written once for each, in double brackets", name));
    } else if (list->size() > Most) {
      in.refuse(from.at, "P0115", std::format("{} of {}; at most {} are read", list->size(), name, Most));
    } else {
      for (const auto& one : *list) {
        auto& made = (into.*Member).emplace_back();
        if constexpr (placed<decltype(made)>) made.at = one.at;
        read_table(in, name, one, all(Options), made);
      }
    }
  };
  return {key, title, "none", text, read, nullptr, describe<Options>};
}

}  // namespace perigee::settings
