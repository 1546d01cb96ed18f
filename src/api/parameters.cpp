#include "api/parameters.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <format>

#include "base/diagnostic.hpp"
#include "base/percent.hpp"
#include "wire/mqtt/text.hpp"

namespace perigee::api {
namespace {

namespace json = boost::json;
using read_value = std::expected<parameters::value, std::string>;

std::optional<std::int64_t> whole_in(std::string_view text) {
  std::int64_t out = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return out;
}

read_value read_text(const parameter& of, std::string_view text) {
  if (static_cast<std::int64_t>(text.size()) > of.most) return std::unexpected("it is too long");
  std::string flat(text);
  std::ranges::replace_if(flat, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (!wire::mqtt::is_valid_text(flat)) return std::unexpected("it is not UTF-8 without control characters");
  return std::string(text);
}

read_value read_whole(const parameter& of, std::string_view text) {
  const auto number = whole_in(text);
  if (!number) return std::unexpected("it is no whole number");
  if (*number < of.least || *number > of.most) return std::unexpected("it is out of range");
  return *number;
}

read_value read_time(std::string_view text) {
  constexpr std::int64_t ms_max = INT64_MAX / 1'000'000;
  if (const auto ms = whole_in(text)) {
    if (*ms < 0 || *ms > ms_max) return std::unexpected("it is out of range");
    return timestamp{*ms * 1'000'000};
  }
  const auto at = from_iso8601(text);
  if (!at) return std::unexpected("it is no time");
  return *at;
}

read_value read_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{{{"ms", 1'000'000},
                                                                            {"s", 1'000'000'000},
                                                                            {"m", 60'000'000'000},
                                                                            {"h", 3'600'000'000'000},
                                                                            {"d", 86'400'000'000'000},
                                                                            {"", 1'000'000'000}}};
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = whole_in(text.substr(0, digits));
  const auto* unit = std::ranges::find(units, text.substr(digits), &std::pair<std::string_view, std::int64_t>::first);
  if (!number || unit == units.end()) return std::unexpected("it is no duration");
  if (*number == 0 || *number > INT64_MAX / unit->second) return std::unexpected("it is out of range");
  return nanoseconds(*number * unit->second);
}

read_value read_choice(const parameter& of, std::string_view text) {
  if (!std::ranges::contains(of.words, text)) return std::unexpected("it is none of its words");
  return std::string(text);
}

read_value read(const parameter& of, std::string_view text) {
  switch (of.is) {
    case parameter::kind::text:
    case parameter::kind::map: return read_text(of, text);
    case parameter::kind::whole: return read_whole(of, text);
    case parameter::kind::time: return read_time(text);
    case parameter::kind::duration: return read_duration(text);
    case parameter::kind::choice: break;
  }
  return read_choice(of, text);
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

wrong_parameter unknown(const std::string& name, std::span<const parameter> table) {
  std::vector<std::string_view> known;
  for (const auto& each : table) known.push_back(each.name);
  if (known.empty()) return {name, "there is no such parameter", "this path takes none"};
  const auto near = did_you_mean(name, known);
  return {name, "there is no such parameter", near.empty() ? "the parameters are " + joined(known) : near};
}

std::string scalar(const json::value& of) {
  return of.is_string() ? std::string(of.get_string()) : json::serialize(of);
}

/// "a+b%20c" as forms have it (the URL standard's application/x-www-form-urlencoded).
std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

parameter parameter::needed() const {
  auto out = *this;
  out.required = true;
  return out;
}

parameter parameter::many() const {
  auto out = *this;
  out.repeats = true;
  return out;
}

parameter parameter::within(place where) const {
  auto out = *this;
  out.in = where;
  if (where == place::path) out.required = true;
  return out;
}

std::string parameter::takes() const {
  switch (is) {
    case kind::text: return std::format("text, at most {} bytes", most);
    case kind::map:
      return std::format("an object of texts, at most {} bytes each, by names of at most {}", most, key_bytes_max);
    case kind::whole:
      return most == INT64_MAX ? std::format("a whole number, {} or more", least)
                               : std::format("a whole number, {} to {}", least, most);
    case kind::time: return "a time such as 2026-03-01T12:00:00Z, or milliseconds since 1970";
    case kind::duration: return "a duration such as 250ms, 10s, 5m, 2h or 7d";
    case kind::choice: break;
  }
  return joined(words);
}

parameter text_parameter(std::string_view name, std::string_view help, std::int64_t bytes_max) {
  return {.name = name, .is = parameter::kind::text, .help = help, .most = bytes_max};
}

parameter whole_parameter(std::string_view name, std::string_view help, std::int64_t least, std::int64_t most,
                          std::string_view initial) {
  return {.name = name, .is = parameter::kind::whole, .help = help, .least = least, .most = most, .initial = initial};
}

parameter time_parameter(std::string_view name, std::string_view help) {
  return {.name = name, .is = parameter::kind::time, .help = help};
}

parameter duration_parameter(std::string_view name, std::string_view help) {
  return {.name = name, .is = parameter::kind::duration, .help = help};
}

parameter choice_parameter(std::string_view name, std::string_view help, std::initializer_list<std::string_view> words,
                           std::string_view initial) {
  return {.name = name, .is = parameter::kind::choice, .help = help, .words = words, .initial = initial};
}

parameter map_parameter(std::string_view name, std::string_view help, std::int64_t key_bytes_max,
                        std::int64_t bytes_max) {
  return {.name = name,
          .is = parameter::kind::map,
          .help = help,
          .in = parameter::place::body,
          .repeats = true,
          .most = bytes_max,
          .key_bytes_max = key_bytes_max};
}

std::vector<parameter> with_page(std::vector<parameter> others, std::int64_t most, std::string_view initial) {
  others.push_back(whole_parameter("limit", "at most so many rows", 1, most, initial));
  others.push_back(text_parameter("after", "the `next` of the page before"));
  return others;
}

bool parameters::add_form(std::string_view encoded) {
  while (!encoded.empty()) {
    const auto pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    if (pair.empty()) continue;
    const auto sign = std::min(pair.find('='), pair.size());
    auto name = form_decode(pair.substr(0, sign));
    auto text = form_decode(pair.substr(std::min(sign + 1, pair.size())));
    if (!name || !text) return false;
    add(*std::move(name), *std::move(text));
  }
  return true;
}

std::expected<void, wrong_parameter> parameters::add_json(std::string_view text) {
  boost::system::error_code ec;
  json::parse_options how;
  how.max_depth = 2;
  const auto parsed = json::parse(text, ec, {}, how);
  if (ec || !parsed.is_object()) {
    return std::unexpected(
        wrong_parameter{{}, "the body is no flat JSON object", "an object such as {\"name\":\"text\"}"});
  }
  for (const auto& member : parsed.get_object()) {
    const std::string name(member.key());
    const auto& held = member.value();
    if (held.is_array()) {
      for (const auto& each : held.get_array()) all_.push_back({name, scalar(each), {}, true, {}, false});
      if (held.get_array().empty()) empty_.push_back(name);
    } else if (held.is_object()) {
      for (const auto& each : held.get_object()) {
        const bool none = each.value().is_null();
        all_.push_back({name, none ? "" : scalar(each.value()), {}, false, std::string(each.key()), none});
      }
      if (held.get_object().empty()) empty_.push_back(name);
    } else if (!held.is_null()) {
      add(name, scalar(held));
    }
  }
  return {};
}

std::expected<void, wrong_parameter> parameters::check(std::span<const parameter> table) {
  for (auto& given : all_) {
    const auto of = std::ranges::find(table, given.name, &parameter::name);
    if (of == table.end()) return std::unexpected(unknown(given.name, table));
    if (auto checked = check_one(given, *of); !checked) return checked;
  }
  for (const auto& name : empty_) {
    const auto of = std::ranges::find(table, name, &parameter::name);
    if (of == table.end()) return std::unexpected(unknown(name, table));
    if (!of->repeats) return std::unexpected(wrong_parameter{name, "it is a list or an object", of->takes()});
  }
  for (const auto& each : table) {
    if (find(each.name) != nullptr) continue;
    if (each.required) return std::unexpected(wrong_parameter{std::string(each.name), "it is missing", each.takes()});
    if (each.initial.empty()) continue;
    if (auto means = read(each, each.initial)) {
      all_.push_back({std::string(each.name), std::string(each.initial), *std::move(means)});
    }
  }
  return {};
}

std::expected<void, wrong_parameter> parameters::check_one(one& given, const parameter& of) const {
  const bool is_map = of.is == parameter::kind::map;
  if (given.key.has_value() != is_map) {
    return std::unexpected(wrong_parameter{given.name, is_map ? "it is no object" : "it is an object", of.takes()});
  }
  if (!of.repeats && given.listed) return std::unexpected(wrong_parameter{given.name, "it is a list", "one value"});
  if (!of.repeats && find(given.name) != &given) {
    return std::unexpected(wrong_parameter{given.name, "it stands there twice", "once"});
  }
  if (is_map) {
    const parameter key{.name = of.name, .most = of.key_bytes_max};
    if (auto name = read_text(key, *given.key); !name) {
      return std::unexpected(wrong_parameter{given.name, "a name in it: " + name.error(), of.takes()});
    }
  }
  auto means = read(of, given.text);
  if (!means) return std::unexpected(wrong_parameter{given.name, means.error(), of.takes()});
  given.means = *std::move(means);
  return {};
}

std::vector<parameters::entry> parameters::entries(std::string_view name) const {
  std::vector<entry> out;
  for (const auto& each : all_) {
    if (each.name != name || !each.key) continue;
    out.emplace_back(*each.key, each.none ? std::nullopt : std::optional<std::string_view>(each.text));
  }
  return out;
}

bool parameters::has(std::string_view name) const {
  return find(name) != nullptr || std::ranges::contains(empty_, name);
}

const parameters::one* parameters::find(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &one::name);
  return found == all_.end() ? nullptr : &*found;
}

std::optional<std::string_view> parameters::text(std::string_view name) const {
  const auto* found = find(name);
  return found == nullptr ? std::nullopt : std::optional<std::string_view>(found->text);
}

std::vector<std::string_view> parameters::texts(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& each : all_) {
    if (each.name == name) out.emplace_back(each.text);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parameters::pairs() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& each : all_) out.emplace_back(each.name, each.text);
  return out;
}

}  // namespace perigee::api
