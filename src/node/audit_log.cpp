#include "node/audit_log.hpp"

#include <boost/json.hpp>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

constexpr std::size_t path_bytes_shown = 512;
constexpr std::string_view current_name = "/audit.jsonl";
constexpr std::string_view older_name = "/audit.1.jsonl";

json::object to_json(const audit_log::entry& e) {
  return {{"id", e.id},
          {"at", api::time_or_null(e.at)},
          {"who", e.who},
          {"from", e.from},
          {"what", e.what},
          {"of", e.of},
          {"outcome", e.status < 400 ? "done" : "refused"},
          {"status", e.status}};
}

std::optional<audit_log::entry> entry_in(std::string_view line) {
  boost::system::error_code ec;
  const auto parsed = json::parse(line, ec);
  if (ec || !parsed.is_object()) return std::nullopt;
  const auto text = [&](std::string_view name) {
    const auto* found = parsed.get_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const auto number = [&](std::string_view name) {
    const auto* found = parsed.get_object().if_contains(name);
    return found != nullptr && found->is_int64() ? static_cast<std::uint64_t>(found->get_int64()) : 0;
  };
  const auto at = from_iso8601(text("at"));
  if (!at || number("id") == 0) return std::nullopt;
  return audit_log::entry{
      number("id"), *at, text("who"), text("from"), text("what"), text("of"), static_cast<unsigned>(number("status"))};
}

std::string name_of(const api::caller& who) {
  if (who.by == api::caller::proof::token) return "the node's token";
  return who.name.empty() ? "nobody" : who.name;
}

}  // namespace

/// Appends lines to the current file; at its bound that becomes the older one. On the worker.
struct audit_log::writer {
  io::disk& on;
  std::string folder;
  std::uint64_t end = 0;

  result<> append(const std::string& line) {
    const auto current = folder + std::string(current_name);
    if (end + line.size() > limits::http_audit_bytes_max) {
      PG_TRY_VOID(on.rename(current, folder + std::string(older_name)));
      PG_TRY_VOID(on.sync_folder(folder));
      end = 0;
    }
    PG_TRY(const auto file, on.open(current, io::open_mode::create));
    PG_TRY_VOID(file->write_at(end, as_bytes(line)));
    PG_TRY_VOID(file->sync());
    end += line.size();
    return {};
  }
};

result<std::unique_ptr<audit_log>> audit_log::open(io::disk& on, io::worker& by, const std::string& folder) {
  PG_TRY_VOID(on.make_folder(folder));
  auto to = std::make_shared<writer>(on, folder);
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<audit_log>(new audit_log(by, to));
  for (const auto name : {older_name, current_name}) {
    const auto bytes = io::read_whole(on, folder + std::string(name), 2ULL * limits::http_audit_bytes_max);
    if (!bytes && is(bytes.error(), errc::not_found)) continue;
    if (!bytes) return std::unexpected(bytes.error());
    if (name == current_name) to->end = bytes->size();
    auto text = as_text(*bytes);
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (auto found = entry_in(line)) made->keep(*std::move(found));
    }
  }
  return made;
}

void audit_log::keep(entry e) {
  entries_.push_back(std::move(e));
  if (entries_.size() > limits::http_audit_entries_max) entries_.pop_front();
}

void audit_log::record(const api::deed& done) {
  const auto id = entries_.empty() ? 1 : entries_.back().id + 1;
  keep({id, done.at, name_of(done.who), done.who.address, done.what, done.of.substr(0, path_bytes_shown), done.status});
  const auto line = json::serialize(to_json(entries_.back())) + "\n";
  worker_.submit(
      [to = writer_, line] {
        if (const auto kept = to->append(line); !kept) {
          log::warn("node.audit", "an entry of the audit was not written: {}", kept.error().text());
        }
      },
      [] {});
}

api::routes audit_routes(const audit_log& log) {
  const auto list = [&log](const api::request& asked) {
    const auto most = static_cast<std::size_t>(*asked.given.whole("limit"));
    const auto before = asked.given.whole("after");
    json::array rows;
    for (auto each = log.entries().rbegin(); each != log.entries().rend() && rows.size() < most; ++each) {
      if (!before || each->id < static_cast<std::uint64_t>(*before)) rows.push_back(to_json(*each));
    }
    json::value next;
    if (rows.size() == most && rows.back().at("id") != log.entries().front().id) next = rows.back().at("id");
    return api::json_answer(json::object{{"entries", std::move(rows)}, {"next", next}});
  };
  return {{"GET",
           "/api/v1/audit",
           api::at_once(list),
           api::access::operators,
           {"What was changed, by whom; the newest first",
            {api::whole_parameter("limit", "at most so many rows", 1, 1000, "100"),
             api::whole_parameter("after", "the `next` of the page before", 1, INT64_MAX)},
            "{entries:[{id:whole,at:time,who:text,from:text,what:text,of:text,outcome:done|refused,status:whole}],"
            "next:whole?}"}}};
}

}  // namespace perigee::node
