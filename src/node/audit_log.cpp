#include "node/audit_log.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <span>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

constexpr std::size_t path_bytes_shown = 512;
constexpr std::string_view done_name = "audit";
constexpr std::string_view refused_name = "refused";

json::object to_json(const audit_log::entry& e) {
  return {{"id", e.id},
          {"at", api::time_or_null(e.at)},
          {"who", e.who},
          {"from", e.from},
          {"what", e.what},
          {"of", e.of},
          {"outcome", e.status < 400 ? "done" : "refused"},
          {"status", e.status},
          {"reason", api::text_or_null(e.reason)},
          {"times", e.times}};
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
  return audit_log::entry{number("id"),
                          *at,
                          text("who"),
                          text("from"),
                          text("what"),
                          text("of"),
                          static_cast<unsigned>(number("status")),
                          text("reason"),
                          number("times")};
}

/// The ids of a book go up; both its entries and those of the other are wanted.
template <class It>
const audit_log::entry* newer_of(It& one, It end_of_one, It& other, It end_of_other) {
  if (one == end_of_one) return other == end_of_other ? nullptr : &*other++;
  if (other == end_of_other) return &*one++;
  return one->id > other->id ? &*one++ : &*other++;
}

}  // namespace

/// Appends lines to the current file; at its bound that becomes the older one. On the worker.
struct audit_log::writer {
  io::disk& on;
  std::string folder;
  std::string current;
  std::string older;
  std::uint64_t end = 0;

  result<> append(const std::string& line) {
    if (end + line.size() > limits::http_audit_bytes_max) {
      PG_TRY_VOID(on.rename(current, older));
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
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<audit_log>(new audit_log(by));
  PG_TRY_VOID(made->open_book(on, folder, done_name, made->done_));
  PG_TRY_VOID(made->open_book(on, folder, refused_name, made->refused_));
  return made;
}

result<> audit_log::open_book(io::disk& on, const std::string& folder, std::string_view name, book& into) {
  into.to = std::make_shared<writer>(on, folder, std::format("{}/{}.jsonl", folder, name),
                                     std::format("{}/{}.1.jsonl", folder, name));
  for (const auto& file : {into.to->older, into.to->current}) {
    const auto bytes = io::read_whole(on, file, 2ULL * limits::http_audit_bytes_max);
    if (!bytes && is(bytes.error(), errc::not_found)) continue;
    if (!bytes) return std::unexpected(bytes.error());
    if (file == into.to->current) into.to->end = bytes->size();
    auto text = as_text(*bytes);
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (auto found = entry_in(line)) keep(*std::move(found), into);
    }
  }
  return {};
}

void audit_log::keep(entry e, book& in) {
  last_id_ = std::max(last_id_, e.id);
  in.entries.push_back(std::move(e));
  if (in.entries.size() > limits::http_audit_entries_max) in.entries.pop_front();
}

void audit_log::record(const api::deed& done) {
  write({last_id_ + 1, done.at, done.who.title(), done.who.address, done.what, done.of.substr(0, path_bytes_shown),
         done.status},
        done_);
}

void audit_log::record(const api::refusal& told) {
  write({last_id_ + 1, told.at, told.who, told.address, told.what, told.of.substr(0, path_bytes_shown), told.status,
         told.reason, told.times},
        refused_);
}

void audit_log::write(entry e, book& in) {
  keep(std::move(e), in);
  const auto line = json::serialize(to_json(in.entries.back())) + "\n";
  worker_.submit(
      [to = in.to, line] {
        if (const auto kept = to->append(line); !kept) {
          log::warn("node.audit", "an entry of the audit was not written: {}", kept.error().text());
        }
      },
      [] {});
}

std::vector<const audit_log::entry*> audit_log::newest(std::size_t most, std::uint64_t before) const {
  std::vector<const entry*> out;
  auto done = done_.entries.rbegin();
  auto refused = refused_.entries.rbegin();
  while (out.size() < most) {
    const auto* next = newer_of(done, done_.entries.rend(), refused, refused_.entries.rend());
    if (next == nullptr) break;
    if (next->id < before) out.push_back(next);
  }
  return out;
}

api::routes audit_routes(const audit_log& log) {
  const auto list = [&log](const api::request& asked) {
    const auto most = static_cast<std::size_t>(*asked.given.whole("limit"));
    const auto before = asked.given.whole("after");
    const auto found = log.newest(most + 1, before ? static_cast<std::uint64_t>(*before) : UINT64_MAX);
    json::array rows;
    for (const auto* each : std::span(found).first(std::min(most, found.size()))) rows.push_back(to_json(*each));
    const auto next = found.size() > most ? rows.back().at("id") : json::value();
    return api::json_answer(json::object{{"entries", std::move(rows)}, {"next", next}});
  };
  return {{"GET",
           "/api/v1/audit",
           api::at_once(list),
           api::access::viewers,
           {"What was changed, by whom, and who was refused; the newest first",
            {api::whole_parameter("limit", "at most so many rows", 1, 1000, "100"),
             api::whole_parameter("after", "the `next` of the page before", 1, INT64_MAX)},
            "{entries:[{id:whole,at:time,who:text,from:text,what:text,of:text,outcome:done|refused,status:whole,"
            "reason:text?,times:whole}],next:whole?}"}}};
}

}  // namespace perigee::node
