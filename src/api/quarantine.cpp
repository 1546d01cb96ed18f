#include "api/quarantine.hpp"

#include <boost/json.hpp>
#include <format>
#include <optional>

#include "api/awaited.hpp"
#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::api {
namespace {

namespace json = boost::json;
using quarantine::keeper;

const std::string entry_members =
    "number:whole,set_aside:time,reader:text,topic:text,source:text,reason:text,retries:whole,node:text,lane:text,"
    "offset:whole,epoch:text,at:whole,kind:batch|message,arrival:time,payload_bytes:whole,kept:bool";
const std::string list_page = "{records:[{" + entry_members + "}],left_out:whole}";
const std::string one_page =
    "{" + entry_members + ",payload_hex:text,qos:whole,retain:bool,stamp_epoch:text,sequence:whole}";

json::object to_json(const quarantine::entry& e) {
  return {{"number", e.number},
          {"set_aside", to_iso8601(e.set_aside)},
          {"reader", e.who.reader},
          {"topic", e.topic},
          {"source", e.source},
          {"reason", e.reason},
          {"retries", e.retries},
          {"node", e.who.node},
          {"lane", model::name_of(e.who.lane)},
          {"offset", e.who.offset.value()},
          {"epoch", std::format("{:016x}", e.who.journal.value())},
          {"at", e.at.value()},
          {"kind", e.kind == model::record_kind::batch ? "batch" : "message"},
          {"arrival", to_iso8601(e.arrival)},
          {"payload_bytes", e.payload_bytes},
          {"kept", e.kept}};
}

std::string hexadecimal(byte_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto b : bytes) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out;
}

/// With the beginning of the payload, as hexadecimal: JSON has no bytes.
json::object to_json(const quarantine::kept_record& r) {
  auto out = to_json(r.what);
  const byte_view payload(r.record.payload);
  out["payload_hex"] =
      hexadecimal(payload.first(std::min<std::size_t>(payload.size(), limits::quarantine_shown_bytes_max)));
  out["qos"] = r.record.qos;
  out["retain"] = r.record.retain;
  out["stamp_epoch"] = std::format("{:016x}", r.record.epoch.value());
  out["sequence"] = r.record.sequence.value();
  return out;
}

answer problem_of(const error& e) {
  if (is(e, errc::not_found)) return problem(404, "No record set aside has this number.");
  if (is(e, errc::exists)) return problem(409, "It is being tried again just now.");
  return problem(422, e.what);
}

std::uint64_t number_in(const request& asked) { return static_cast<std::uint64_t>(*asked.given.whole("number")); }

/// The oldest first, as many as the command line reads.
answer list(const keeper& kept) {
  constexpr std::size_t room = limits::http_body_bytes_max - 1024;
  std::string rows;
  std::uint64_t left_out = 0;
  for (const auto& each : kept.list()) {
    const auto row = json::serialize(to_json(each));
    if (left_out != 0 || rows.size() + row.size() + 1 > room) {
      ++left_out;
    } else {
      rows += (rows.empty() ? "" : ",") + row;
    }
  }
  return {200, "application/json", std::format("{{\"records\":[{}],\"left_out\":{}}}\n", rows, left_out)};
}

io::task<answer> show(io::shard& on, keeper& kept, request asked) {
  const auto number = number_in(asked);
  const auto found =
      co_await ask<quarantine::kept_record>(on, [&kept, number](auto done) { kept.find(number, std::move(done)); });
  if (!found && is(found.error(), errc::cancelled)) co_return std::unexpected(found.error());
  co_return found ? json_answer(to_json(*found)) : problem_of(found.error());
}

enum class change_kind { retry, drop };

io::task<answer> change(io::shard& on, keeper& kept, request asked, change_kind what) {
  const auto number = number_in(asked);
  const auto how = co_await ask<void>(on, [&](auto done) {
    if (what == change_kind::retry) return kept.retry(number, clock::wall(), std::move(done));
    kept.drop(number, clock::wall(), std::move(done));
  });
  if (!how && is(how.error(), errc::cancelled)) co_return std::unexpected(how.error());
  if (!how) co_return problem_of(how.error());
  const auto* done = what == change_kind::retry ? "retried" : "dropped";
  log::info("api", "number {} of the quarantine is {} by {}", number, done, asked.who.text());
  co_return json_answer(json::object{{"number", number}, {"done", done}});
}

}  // namespace

routes quarantine_routes(io::shard& on, quarantine::keeper& kept) {
  const std::string all = "/api/v1/quarantine";
  const auto one = all + "/{number}";
  const auto number = whole_parameter("number", "as the list shows it", 1, INT64_MAX).within(parameter::place::path);
  return {
      {"GET",
       all,
       at_once([&kept](const request&) { return list(kept); }),
       access::known_peer,
       {"Records that readers set aside", {}, list_page}},
      {"GET",
       one,
       [&on, &kept](request asked) { return show(on, kept, std::move(asked)); },
       access::known_peer,
       {"One of them, with the beginning of its payload", {number}, one_page}},
      {"POST",
       one + "/retry",
       [&on, &kept](request asked) { return change(on, kept, std::move(asked), change_kind::retry); },
       access::operators,
       {"Try a record again", {number}, "{number:whole,done:retried}"}},
      {"DELETE",
       one,
       [&on, &kept](request asked) { return change(on, kept, std::move(asked), change_kind::drop); },
       access::operators,
       {"Drop a record", {number}, "{number:whole,done:dropped}"}},
  };
}

}  // namespace perigee::api
