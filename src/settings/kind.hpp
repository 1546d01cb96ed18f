#pragma once
// How one value of a TOML file is read. A kind has `type()`, its name in the documentation, and `read()`, which gives
// the value or says in `in` what is wrong with it. Kinds that only one file has stand with that file.

#include <array>
#include <cstdint>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/option.hpp"

namespace perigee::settings::kind {

/// The value as a T, or P0103 with what was expected.
template <class T>
const T* expect(reading& in, const value& from, std::string_view expected) {
  const auto* found = from.as<T>();
  if (found == nullptr) in.refuse(from.at, "P0103", std::format("expected {}, found {}", expected, from.kind()));
  return found;
}

struct text {
  static std::string type() { return "text"; }
  static std::optional<std::string> read(reading& in, const value& from);
};

/// What stands in topics, file names and certificates: letters, digits, '.', '_' and '-', at most 64.
struct name {
  static std::string type() { return "name"; }
  static std::optional<std::string> read(reading& in, const value& from);
};

struct boolean {
  static std::string type() { return "true or false"; }
  static std::optional<bool> read(reading& in, const value& from);
};

[[nodiscard]] std::optional<std::int64_t> read_whole(reading& in, const value& from, std::int64_t least,
                                                     std::int64_t most);
template <class T, std::int64_t Least, std::int64_t Most>
struct whole {
  static std::string type() { return "whole number"; }
  static std::optional<T> read(reading& in, const value& from) {
    const auto number = read_whole(in, from, Least, Most);
    return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
  }
};

template <class E>
using names = std::span<const std::pair<std::string_view, E>>;

[[nodiscard]] std::string join(std::span<const std::string_view> words);
void refuse_choice(reading& in, const value& from, std::string_view found, std::span<const std::string_view> known);

/// One word of a fixed few.
template <const auto& Names>
struct choice {
  using chosen = std::remove_cvref_t<decltype(Names[0].second)>;
  static std::vector<std::string_view> words() {
    std::vector<std::string_view> out;
    for (const auto& [word, meaning] : Names) out.push_back(word);
    return out;
  }
  static std::string type() { return join(words()); }
  static std::optional<chosen> read(reading& in, const value& from) {
    const auto* found = expect<std::string>(in, from, "a text");
    if (found == nullptr) return std::nullopt;
    for (const auto& [word, meaning] : Names) {
      if (word == *found) return meaning;
    }
    refuse_choice(in, from, *found, words());
    return std::nullopt;
  }
};

/// A list of one kind. What is wrong with one element does not hide the others.
template <class Kind, std::size_t Most>
struct list_of {
  using element = typename decltype(Kind::read(std::declval<reading&>(), std::declval<const value&>()))::value_type;
  static std::string type() { return "list of " + Kind::type(); }
  static std::optional<std::vector<element>> read(reading& in, const value& from) {
    const auto* found = expect<value::array>(in, from, "a list");
    if (found == nullptr) return std::nullopt;
    if (found->size() > Most) {
      in.refuse(from.at, "P0115", std::format("{} entries; at most {} are read", found->size(), Most));
      return std::nullopt;
    }
    std::vector<element> out;
    for (const auto& one : *found) {
      if (auto parsed = Kind::read(in, one)) out.push_back(std::move(*parsed));
    }
    return out;
  }
};

}  // namespace perigee::settings::kind
