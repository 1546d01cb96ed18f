#include "control/attestation/policy_file.hpp"

#include <algorithm>

#include "base/attestation_limits.hpp"
#include "control/attestation/detail/digests.hpp"
#include "settings/kind.hpp"

namespace perigee::control::attestation {
namespace {

using namespace settings;
using wire::tpm::algorithm;

constexpr std::array<std::pair<std::string_view, algorithm>, 3> banks{
    {{"sha256", algorithm::sha256}, {"sha384", algorithm::sha384}, {"sha512", algorithm::sha512}}};
constexpr std::uint32_t secure_boot_pcr = 7;

using pcr_index = kind::whole<std::uint32_t, 0, 23>;

/// "9f86d081...": any even number of digits; whether as many as the bank's is checked when the bank is known.
struct hexadecimal {
  static std::string type() { return "digest"; }
  static std::optional<byte_buffer> read(reading& in, const value& from) {
    const auto* text = kind::expect<std::string>(in, from, "a digest in hexadecimal");
    if (text == nullptr) return std::nullopt;
    const auto digit = [](char c) -> int {
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    if (text->size() % 2 != 0 || std::ranges::any_of(*text, [&](char c) { return digit(c) < 0; })) {
      in.refuse(from.at, "P0105", "not hexadecimal", "two digits for each byte");
      return std::nullopt;
    }
    byte_buffer out;
    for (std::size_t i = 0; i < text->size(); i += 2) {
      out.push_back(static_cast<std::uint8_t>((digit((*text)[i]) << 4) | digit((*text)[i + 1])));
    }
    return out;
  }
};
using digest_list = kind::list_of<hexadecimal, limits::attestation_digests_max>;

/// "EV_EFI_BOOT_SERVICES_APPLICATION"
struct event_name {
  static std::string type() { return "name of an event"; }
  static std::optional<std::uint32_t> read(reading& in, const value& from) {
    const auto* text = kind::expect<std::string>(in, from, "the name of an event");
    if (text == nullptr) return std::nullopt;
    const auto all = wire::tpm::event_type_names();
    const auto found = std::ranges::find(all, *text, &std::pair<std::string_view, std::uint32_t>::first);
    if (found != all.end()) return found->second;
    std::vector<std::string_view> known;
    for (const auto& [name, number] : all) known.push_back(name);
    kind::refuse_choice(in, from, *text, known);
    return std::nullopt;
  }
};

/// A rule and where it stands, for what is checked once all is read.
template <class Rule>
struct placed_rule : Rule {
  position at{};
};

struct contents {
  algorithm bank = algorithm::sha256;
  std::vector<std::uint32_t> pcrs{};
  bool secure_boot = false;
  std::string manufacturers{};
  std::vector<placed_rule<pcr_rule>> values{};
  std::vector<placed_rule<event_rule>> events{};
};

void set_value_pcr(placed_rule<pcr_rule>& of, std::uint32_t to) { of.pcr = to; }
void set_value_allowed(placed_rule<pcr_rule>& of, std::vector<byte_buffer> to) { of.allowed = std::move(to); }
void set_event_pcr(placed_rule<event_rule>& of, std::uint32_t to) { of.pcr = to; }
void set_event_type(placed_rule<event_rule>& of, std::uint32_t to) { of.type = to; }
void set_event_allowed(placed_rule<event_rule>& of, std::vector<byte_buffer> to) { of.allowed = std::move(to); }

constexpr option<placed_rule<pcr_rule>> value_options[] = {
    row<set_value_pcr, pcr_index, placed_rule<pcr_rule>>("pcr", "required", "which PCR"),
    row<set_value_allowed, digest_list, placed_rule<pcr_rule>>("allowed", "required", "the values that it may have"),
};
constexpr option<placed_rule<event_rule>> event_options[] = {
    row<set_event_pcr, pcr_index, placed_rule<event_rule>>("pcr", "required", "in which PCR"),
    row<set_event_type, event_name, placed_rule<event_rule>>("type", "required", "of which type"),
    row<set_event_allowed, digest_list, placed_rule<event_rule>>("allowed", "required",
                                                                 "the digests that such events may have"),
};
constexpr option<contents> file_options[] = {
    row<&contents::bank, kind::choice<banks>, contents>("bank", "\"sha256\"", "the bank of PCRs that is quoted"),
    row<&contents::pcrs, kind::list_of<pcr_index, 24>, contents>("pcrs", "required", "which PCRs are quoted"),
    row<&contents::secure_boot, kind::boolean, contents>("secure_boot", "false", "whether it has to be on"),
    row<&contents::manufacturers, kind::text, contents>("manufacturers", "none",
                                                        "PEM: the makers of TPMs that are trusted"),
    repeated<value_options, &contents::values, limits::attestation_rules_max, contents>(
        "value", "[[value]]", "the values that a PCR may have"),
    repeated<event_options, &contents::events, limits::attestation_rules_max, contents>(
        "event", "[[event]]", "what may be measured into a PCR"),
};

/// A digest that is too short would be allowed and never be there: a slip that nobody sees.
void check_rule(reading& in, position at, std::uint32_t pcr, std::span<const byte_buffer> allowed,
                const boot_policy& of) {
  const auto bytes = wire::tpm::digest_bytes(of.bank);
  if (std::ranges::any_of(allowed, [&](const auto& one) { return one.size() != bytes; })) {
    in.refuse(at, "P0105", std::format("a digest of {} has {} digits", detail::name_of(of.bank), 2 * bytes));
  }
  if ((of.pcrs & (1U << pcr)) == 0) {
    in.refuse(at, "P0114", std::format("PCR {} is not among `pcrs`", pcr), "what is not quoted is not known");
  }
}

boot_policy checked(reading& in, const contents& from) {
  boot_policy out{.bank = from.bank, .secure_boot = from.secure_boot};
  for (const auto pcr : from.pcrs) out.pcrs |= 1U << pcr;
  if (out.pcrs == 0) in.refuse({}, "P0104", "`pcrs` names no PCR", "a quote over none proves nothing");
  if (out.secure_boot && (out.pcrs & (1U << secure_boot_pcr)) == 0) {
    in.refuse({}, "P0114", "secure_boot needs PCR 7 among `pcrs`");
  }
  for (const auto& one : from.values) {
    check_rule(in, one.at, one.pcr, one.allowed, out);
    out.values.push_back(one);
  }
  for (const auto& one : from.events) {
    check_rule(in, one.at, one.pcr, one.allowed, out);
    out.events.push_back(one);
  }
  return out;
}

}  // namespace

std::expected<policy_file, diagnostics> read_policy(source_text source) {
  const auto root = parse_document(source, limits::attestation_policy_bytes_max);
  if (!root) return std::unexpected(diagnostics{root.error()});
  reading in{.source = source};
  contents read;
  read_table(in, "the policy", *root, all(file_options), read);
  auto boot = checked(in, read);
  if (!in.errors.empty()) return std::unexpected(in.sorted_errors());
  return policy_file{std::move(boot), std::move(read.manufacturers)};
}

}  // namespace perigee::control::attestation
