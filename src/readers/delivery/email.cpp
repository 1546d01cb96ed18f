#include "readers/delivery/email.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <format>

#include "crypto/base64.hpp"

namespace perigee::readers::delivery {
namespace {

namespace json = boost::json;

constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t line_columns = 76;         // RFC 2045 6.8
constexpr std::size_t encoded_word_octets = 45;  // 60 columns of base64: below the 75 of RFC 2047 2
constexpr std::size_t subject_bytes_max = 512;
/// Authentication is wanted or failed (RFC 4954 6), encryption is wanted (RFC 3207): the configuration's fault.
constexpr std::array<unsigned, 4> not_the_message{530, 534, 535, 538};

struct letter {
  std::string subject;
  std::string text;
};

std::string text_in(const json::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  if (found == nullptr || found->is_null()) return {};
  if (found->is_double()) return std::format("{}", found->get_double());
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

/// "critical: overheat m7 is raised", and what was seen, a line each.
letter of_alarm(const json::object& told) {
  auto who = text_in(told, "alarm");
  if (const auto key = text_in(told, "key"); !key.empty()) who += " " + key;
  letter out{std::format("{}: {} is {}", text_in(told, "severity"), who, text_in(told, "state")), ""};
  out.text = out.subject + "\n";
  const auto* values = told.if_contains("values");
  if (values == nullptr || !values->is_object()) return out;
  out.text += "\n";
  for (const auto& [name, value] : values->get_object())
    out.text += std::format("{}: {}\n", std::string_view(name), text_in(values->get_object(), name));
  return out;
}

std::string base64(std::string_view text) { return crypto::to_base64(as_bytes(text), crypto::padding::with); }

/// The end of at most `most` bytes that splits no character of UTF-8.
std::size_t whole_characters(std::string_view text, std::size_t most) {
  auto end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end == 0 ? std::min(text.size(), most) : end;
}

/// A header's text in encoded words (RFC 2047), so that whatever it holds, it ends no line.
std::string encoded_words(std::string_view text) {
  std::string out;
  text = text.substr(0, whole_characters(text, subject_bytes_max));
  do {
    const auto size = whole_characters(text, encoded_word_octets);
    if (!out.empty()) out += "\r\n ";
    out += std::format("=?utf-8?B?{}?=", base64(text.substr(0, size)));
    text.remove_prefix(size);
  } while (!text.empty());
  return out;
}

std::string in_lines(const std::string& encoded) {
  std::string out;
  for (std::size_t at = 0; at < encoded.size(); at += line_columns) out += encoded.substr(at, line_columns) + "\r\n";
  return out;
}

/// RFC 5322 3.3.
std::string date_of(timestamp t) {
  const std::chrono::sys_seconds at{std::chrono::floor<std::chrono::seconds>(nanoseconds(t.ns))};
  return std::format("{:%a, %d %b %Y %H:%M:%S} +0000", at);
}

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "" : ",\r\n ") + each;
  return out;
}

}  // namespace

result<std::unique_ptr<email>> email::open(email_options options) {
  PG_TRY(auto smtp, client::transfers::open());
  return std::unique_ptr<email>(new email(std::move(smtp), std::move(options)));  // tidy: new — private
}

verdict email::carry(const parcel& what) {
  const auto message = message_of(what, options_);
  if (!message) return {verdict::kind::never, {}, message.error().text()};
  client::mail_order order{.url = options_.url,
                           .in_the_clear = options_.in_the_clear,
                           .user = options_.user,
                           .password = {},
                           .from = options_.from,
                           .to = options_.to,
                           .trust = options_.trust,
                           .timeout = options_.timeout};
  if (options_.password) {
    auto password = options_.password();
    if (!password) return {verdict::kind::later, {}, "its password cannot be read: " + password.error().text()};
    order.password = *std::move(password);
  }
  return judge_smtp(smtp_->send(order, *message));
}

bool is_mail_address(std::string_view text) {
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("<>()[]\\,;:\"").find(c) == std::string_view::npos;
  };
  const auto at = text.find('@');
  return text.size() <= address_bytes_max && at != 0 && at < text.size() - 1 &&
         text.find('@', at + 1) == std::string_view::npos && std::ranges::all_of(text, plain);
}

result<std::string> message_of(const parcel& what, const email_options& with) {
  boost::system::error_code failed;
  const auto parsed = json::parse(as_text(what.payload), failed);
  if (failed || !parsed.is_object()) return fail(errc::malformed, "this is no message for people");
  const auto& said = parsed.get_object();
  letter out{text_in(said, "subject"), text_in(said, "text")};
  if (said.contains("alarm")) out = of_alarm(said);
  if (out.subject.empty() && out.text.empty()) return fail(errc::malformed, "this is no message for people");
  const auto host = with.from.substr(with.from.find('@') + 1);
  return std::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
      date_of(what.at), with.from, joined(with.to), encoded_words(out.subject), what.id, host,
      in_lines(base64(out.text)));
}

verdict judge_smtp(const client::transfer_outcome& came) {
  if (came.failure.empty()) return {};
  const bool final = came.code >= 500 && came.code < 600 && !std::ranges::contains(not_the_message, came.code);
  return {final ? verdict::kind::never : verdict::kind::later,
          {},
          came.code == 0 ? came.failure : std::format("{} ({})", came.failure, came.code)};
}

}  // namespace perigee::readers::delivery
