#include "node/registry_reports.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "access/credential.hpp"
#include "base/identity_limits.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
namespace registry = control::registry;

constexpr std::string_view place_name = "node.gateway";
constexpr std::int64_t version = 1;
constexpr auto looked_every = 1s;
constexpr std::size_t told_at_once = 64;
constexpr std::size_t slice_bytes = 64U << 10;

json::object to_json(const registry::certificate& one) {
  const auto& given = one.given;
  return {{"issuer", given.id.issuer},
          {"serial", given.id.serial},
          {"not_before", given.not_before.ns},
          {"not_after", given.not_after.ns},
          {"fingerprint", access::to_hexadecimal(given.fingerprint)},
          {"issued_by", given.issued_by},
          {"key", given.key},
          {"state", registry::name_of(one.state)},
          {"reason", registry::name_of(one.reason)},
          {"at", one.at.ns},
          {"grace_until", one.grace_until.ns}};
}

/// The members of an object. What is missing or of another kind is noticed at the end.
class members {
 public:
  explicit members(const json::value& of) : of_(of.if_object()), good_(of_ != nullptr) {}

  std::string text(std::string_view key) {
    const auto* found = find(key);
    if (found == nullptr || !found->is_string()) return good_ = false, std::string();
    return std::string(found->get_string());
  }
  std::int64_t number(std::string_view key) {
    const auto* found = find(key);
    if (found == nullptr || !found->is_int64()) return good_ = false, 0;
    return found->get_int64();
  }
  template <class T>
  T word(std::string_view key, std::optional<T> (*read)(std::string_view)) {
    const auto value = read(text(key));
    if (!value) good_ = false;
    return value.value_or(T());
  }
  json::array list(std::string_view key) {
    const auto* found = find(key);
    if (found == nullptr || !found->is_array()) return good_ = false, json::array();
    return found->get_array();
  }
  json::object object(std::string_view key) {
    const auto* found = find(key);
    if (found == nullptr || !found->is_object()) return good_ = false, json::object();
    return found->get_object();
  }
  void fail() { good_ = false; }
  [[nodiscard]] bool good() const { return good_; }

 private:
  const json::value* find(std::string_view key) { return of_ == nullptr ? nullptr : of_->if_contains(key); }

  const json::object* of_;
  bool good_;
};

std::optional<registry::certificate_state> state_of(std::string_view name) {
  for (std::size_t i = 0; i < registry::certificate_state_count; ++i) {
    if (name_of(static_cast<registry::certificate_state>(i)) == name)
      return static_cast<registry::certificate_state>(i);
  }
  return std::nullopt;
}

bool read_digest(std::string_view digits, crypto::digest& into) {
  if (digits.size() != 2 * into.size()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto* at = digits.data() + 2 * i;
    if (const auto r = std::from_chars(at, at + 2, into[i], 16); r.ec != std::errc() || r.ptr != at + 2) return false;
  }
  return true;
}

std::optional<registry::certificate> certificate_in(const json::value& from, const std::string& of) {
  members in(from);
  registry::certificate out;
  auto& given = out.given;
  given = {.id = {in.text("issuer"), in.text("serial")}, .name = of, .issued_by = in.text("issued_by")};
  given.not_before = {in.number("not_before")};
  given.not_after = {in.number("not_after")};
  given.key = in.text("key");
  if (!read_digest(in.text("fingerprint"), given.fingerprint)) in.fail();
  out.state = in.word("state", state_of);
  out.reason = in.word("reason", registry::revocation_reason_of);
  out.at = {in.number("at")};
  out.grace_until = {in.number("grace_until")};
  return in.good() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::string encode_report(const registry::report& what) {
  const auto& given = what.one.given;
  auto all = what.certificates;
  // The newest: those before them have expired, and their gateway knows them.
  std::ranges::sort(all, std::ranges::greater(), [](const auto& each) { return each.given.not_after.ns; });
  if (all.size() > limits::registry_report_certificates_max) all.resize(limits::registry_report_certificates_max);
  json::array certificates;
  for (const auto& each : all) certificates.push_back(to_json(each));
  json::object attributes;
  for (const auto& [name, value] : given.attributes) attributes[name] = value;
  return json::serialize(json::object{{"version", version},
                                      {"name", given.name},
                                      {"kind", name_of(given.is)},
                                      {"lifecycle", name_of(what.one.stage.now)},
                                      {"before", name_of(what.one.stage.before)},
                                      {"serial_number", given.serial_number},
                                      {"groups", json::array(given.groups.begin(), given.groups.end())},
                                      {"attributes", std::move(attributes)},
                                      {"certificates", std::move(certificates)}});
}

std::optional<registry::report> decode_report(byte_view payload) {
  boost::system::error_code failed;
  const auto parsed = json::parse(as_text(payload), failed, {}, {.max_depth = limits::provisioning_json_depth_max});
  if (failed) return std::nullopt;
  members in(parsed);
  if (in.number("version") != version) return std::nullopt;
  registry::report out;
  auto& given = out.one.given;
  given.name = in.text("name");
  given.is = in.word("kind", registry::kind_of);
  given.serial_number = in.text("serial_number");
  out.one.stage = {in.word("lifecycle", registry::lifecycle_of), in.word("before", registry::lifecycle_of)};
  for (const auto& each : in.list("groups")) {
    if (!each.is_string()) return std::nullopt;
    given.groups.emplace_back(each.get_string());
  }
  for (const auto& [name, value] : in.object("attributes")) {
    if (!value.is_string()) return std::nullopt;
    given.attributes.emplace(name, value.get_string());
  }
  const auto certificates = in.list("certificates");
  if (certificates.size() > limits::registry_report_certificates_max) return std::nullopt;
  for (const auto& each : certificates) {
    auto one = certificate_in(each, given.name);
    if (!one) return std::nullopt;
    out.certificates.push_back(*std::move(one));
  }
  return in.good() ? std::optional(std::move(out)) : std::nullopt;
}

report_writer::report_writer(io::shard& on, journal::journal& log, things& of)
    : on_(on), log_(log), of_(of), committed_(on) {
  log_.on_commit([this] { committed_.notify(); });
}

io::task<> report_writer::run() {
  for (;;) {
    if (told_at_ != of_.changes()) PG_CO_TRY_VOID(co_await tell_all());
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, looked_every));
  }
}

io::task<> report_writer::tell_all() {
  for (;;) {
    const auto changes = of_.changes();
    things::work<std::vector<registry::report>> ask = [](registry::registry& in) { return in.reports(told_at_once); };
    PG_CO_TRY(const auto waiting, co_await of_.ask<std::vector<registry::report>>(std::move(ask)));
    if (!waiting) co_return result<>();  // the next look tries again
    if (waiting->empty()) {
      told_at_ = changes;
      co_return result<>();
    }
    std::vector<std::pair<std::int64_t, std::string>> told;
    std::optional<log_offset> last;
    for (const auto& each : *waiting) {
      const auto payload = encode_report(each);
      model::record_view r;
      r.lane = model::lane::event;
      r.topic = report_topic;
      r.payload = as_bytes(payload);
      r.qos = 1;
      r.source = "registry";
      r.arrival = clock::wall();
      const auto at = each.one.created == timestamp{} ? std::nullopt : std::optional(log_.append(r));
      if (at && !*at) break;  // a full journal: later
      if (at) last = **at;
      told.emplace_back(each.number, each.one.given.name);
    }
    if (told.empty()) co_return result<>();
    if (last) PG_CO_TRY_VOID(co_await wait_for(*last));
    things::work<void> done = [told = std::move(told)](registry::registry& in) { return in.reported(told); };
    PG_CO_TRY(const auto kept, co_await of_.ask<void>(std::move(done)));
    if (!kept) co_return result<>();
  }
}

io::task<> report_writer::wait_for(log_offset at) {
  while (log_[model::lane::event].acknowledged() <= at) PG_CO_TRY_VOID(co_await committed_.wait());
  co_return result<>();
}

report_reader::report_reader(io::shard& on, journal::journal& log, things& of)
    : on_(on), of_(of), reader_(log[model::lane::event]), work_(on) {}

result<std::unique_ptr<report_reader>> report_reader::open(io::shard& on, journal::journal& log, things& of) {
  std::unique_ptr<report_reader> made(new report_reader(on, log, of));  // tidy: new — the constructor is private
  PG_TRY(made->kept_, log.open_cursor("registry", model::lane::event, true));
  made->reader_.seek(made->kept_->position());
  made->at_ = {made->kept_->position(), 0};
  log.on_commit([raw = made.get()] { raw->work_.notify(); });
  return made;
}

io::task<> report_reader::run() {
  for (;;) {
    for (;;) {
      PG_CO_TRY(const bool more, co_await step());
      if (!more) break;
      PG_CO_TRY_VOID(co_await io::yield(on_));
    }
    const auto woken = co_await work_.wait_until(clock::now() + looked_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

io::task<bool> report_reader::step() {
  std::vector<told> found;
  const auto wanted = [](std::string_view topic) { return topic == report_topic; };
  const auto next = journal::read_messages(
      reader_, opener_, {.from = at_, .bytes_max = slice_bytes, .messages_max = told_at_once, .wanted = wanted},
      [&](journal::place, const model::origin& from, const model::record_view& m) {
        if (m.topic != report_topic || from.node.empty()) return true;
        if (auto what = decode_report(m.payload)) {
          found.push_back({std::string(from.node), *std::move(what)});
        } else {
          log::warn(place_name, "a report of {} cannot be read", from.node);
        }
        return true;
      });
  if (!next) {
    log::warn(place_name, "the journal cannot be read: {}", next.error().text());
    co_return false;
  }
  for (auto& each : found) {
    PG_CO_TRY(const bool entered, co_await enter(std::move(each)));
    if (!entered) co_return false;  // the same slice again, later
  }
  const bool more = *next != at_;
  at_ = *next;
  kept_->advance(at_.offset);
  co_return more;
}

io::task<bool> report_reader::enter(told one) {
  using answer = std::expected<registry::thing, registry::denied>;
  const auto gateway = one.gateway;
  const auto name = one.what.one.given.name;
  things::work<answer> work = [one = std::move(one)](registry::registry& in) {
    return in.take_report(one.what, one.gateway,
                          {.who = one.gateway, .from = "", .why = "report of the gateway", .at = clock::wall()});
  };
  PG_CO_TRY(const auto done, co_await of_.ask<answer>(std::move(work)));
  if (!done) {
    log::warn(place_name, "what {} tells of '{}' is not entered: {} {}", gateway, name, done.error().what,
              done.error().detail);
    co_return !registry::is(done.error(), errc::io) && !registry::is(done.error(), errc::no_space) &&
        !registry::is(done.error(), errc::full);
  }
  if (!*done) log::warn(place_name, "what {} tells of '{}' is refused: {}", gateway, name, (*done).error().why);
  co_return true;
}

}  // namespace perigee::node
