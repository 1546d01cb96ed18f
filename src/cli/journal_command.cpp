// `perigee journal`: a node's journal as it stands on the disk, beside a running node or without one.

#include <algorithm>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/journal_place.hpp"
#include "cli/payload_text.hpp"
#include "io/file.hpp"
#include "journal/inspect.hpp"
#include "journal/repair.hpp"
#include "journal/verify.hpp"
#include "model/gap.hpp"
#include "model/record_batch.hpp"
#include "node/at_rest.hpp"

namespace perigee::cli {
namespace {

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee journal: {}\n", sentence));
  return code;
}

/// No journal is a wrong call; one that another holds or that does not read is not at hand.
exit_code refuse(const std::string& folder, const error& why) {
  return refuse(is(why, errc::not_found) ? exit_code::usage : exit_code::unavailable,
                std::format("{}: {}", folder, why.text()));
}

std::string time_or_dash(timestamp t) { return t == timestamp{} ? "-" : to_iso8601(t); }
double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

std::string to_text(const journal::lane_summary& lane) {
  std::uint64_t bytes = 0;
  for (const auto& each : lane.segments) bytes += each.bytes;
  auto out = std::format("{}: {} records from {} on, {} segments, {:.1f} MB\n", model::name_of(lane.lane),
                         lane.end.value() - lane.start().value(), lane.start().value(), lane.segments.size(),
                         megabytes(bytes));
  for (const auto& each : lane.segments) {
    out += std::format("  {:>20}  {:>10} records  {:>8.1f} MB  {} to {}{}{}\n", each.first.value(), each.records,
                       megabytes(each.bytes), time_or_dash(each.oldest), time_or_dash(each.newest),
                       each.sealed ? "" : ", newest", each.header_damaged ? ", its header is damaged" : "");
  }
  for (const auto& name : lane.elsewhere) out += std::format("  {} is no part of the lane\n", name);
  return out;
}

std::string to_text(const journal::cursor_summary& cursor) {
  const auto place = cursor.readable ? std::format("at {}", cursor.position.value())
                                     : std::string("damaged: its reader starts again at the oldest record");
  return std::format("cursor {}.{}: {}, {} behind{}\n", model::name_of(cursor.lane), cursor.name, place, cursor.behind,
                     cursor.required ? ", retention waits for it" : "");
}

std::string to_json(const journal::lane_summary& lane) {
  std::string segments;
  for (const auto& each : lane.segments) {
    segments += std::format(
        R"({}{{"first":{},"records":{},"bytes":{},"oldest":"{}","newest":"{}","sealed":{},"header_damaged":{}}})",
        segments.empty() ? "" : ",", each.first.value(), each.records, each.bytes, time_or_dash(each.oldest),
        time_or_dash(each.newest), each.sealed, each.header_damaged);
  }
  std::string elsewhere;
  for (const auto& name : lane.elsewhere) elsewhere += (elsewhere.empty() ? "" : ",") + json_text(name);
  return std::format(R"({{"lane":"{}","start":{},"end":{},"segments":[{}],"elsewhere":[{}]}})",
                     model::name_of(lane.lane), lane.start().value(), lane.end.value(), segments, elsewhere);
}

std::string to_json(const journal::journal_summary& all) {
  std::string lanes;
  for (const auto& each : all.lanes) lanes += (lanes.empty() ? "" : ",") + to_json(each);
  std::string cursors;
  for (const auto& each : all.cursors) {
    cursors += std::format(R"({}{{"name":{},"lane":"{}","position":{},"behind":{},"required":{},"readable":{}}})",
                           cursors.empty() ? "" : ",", json_text(each.name), model::name_of(each.lane),
                           each.position.value(), each.behind, each.required, each.readable);
  }
  return std::format(R"({{"node":{},"epoch":"{:x}","lanes":[{}],"cursors":[{}]}})", json_text(all.node),
                     all.epoch.value(), lanes, cursors);
}

std::string stamp_text(const model::record_view& r) {
  return r.stamped() ? std::format(" #{:x}/{}", r.epoch.value(), r.sequence.value()) : "";
}

/// As the dump says it: blocks are opened, so none is left.
std::string_view kind_text(model::record_kind kind) {
  switch (kind) {
    case model::record_kind::gap: return "gap";
    case model::record_kind::release: return "release";
    default: return "message";
  }
}

/// Prints what a dump gives, blocks opened, until `limit` lines.
class printer final : public journal::dump_visitor {
 public:
  printer(model::lane lane, std::uint64_t limit, bool json) : lane_(lane), left_(limit), json_(json) {}

  bool on_record(log_offset at, const model::record_view& r) override {
    const auto opened = opener_.for_each_message({.node = {}, .journal_epoch = {}, .offset = at}, r,
                                                 [&](const model::origin& from, const model::record_view& message) {
                                                   if (left_ == 0) return;
                                                   --left_;
                                                   print(json_ ? to_json(at, from, message) : line(at, from, message));
                                                 });
    if (!opened) return on_unopened(at, opened.error());
    return left_ != 0;
  }

  bool on_missing(log_offset first, log_offset last) override {
    print(json_ ? std::format(R"({{"lane":"{}","kind":"missing","first":{},"last":{}}})"
                              "\n",
                              model::name_of(lane_), first.value(), last.value())
                : std::format("{} to {}: not here, or damaged\n", first.value(), last.value()));
    return --left_ != 0;
  }

 private:
  bool on_unopened(log_offset at, const error& why) {
    print(json_ ? std::format(R"({{"lane":"{}","kind":"unreadable","offset":{},"why":{}}})"
                              "\n",
                              model::name_of(lane_), at.value(), json_text(why.text()))
                : std::format("{}: a block that cannot be opened: {}\n", at.value(), why.text()));
    return --left_ != 0;
  }

  static std::string gap_text(byte_view payload) {
    const auto gap = model::decode_gap(payload);
    return gap ? model::describe(*gap) : gap.error().text();
  }

  static std::string line(log_offset at, const model::origin& from, const model::record_view& r) {
    const auto origin = from.node.empty() ? std::string() : std::format(" ({} {})", from.node, from.offset.value());
    const bool gap = r.kind == model::record_kind::gap;
    const bool has_topic = r.kind == model::record_kind::message;
    return std::format("{}{}  {}  {}  {}{}  {}\n", at.value(), origin, to_iso8601(r.arrival), r.source,
                       has_topic ? r.topic : kind_text(r.kind), stamp_text(r),
                       gap ? gap_text(r.payload) : payload_text(r.payload));
  }

  std::string to_json(log_offset at, const model::origin& from, const model::record_view& r) const {
    auto out = std::format(R"({{"lane":"{}","kind":"{}","offset":{},"time":"{}","source":{},"topic":{})",
                           model::name_of(lane_), kind_text(r.kind), at.value(), to_iso8601(r.arrival),
                           json_text(r.source), json_text(r.topic));
    if (r.stamped()) out += std::format(R"(,"epoch":"{:x}","sequence":{})", r.epoch.value(), r.sequence.value());
    if (!from.node.empty()) {
      out += std::format(R"(,"origin":{{"node":{},"epoch":"{:x}","offset":{}}})", json_text(from.node),
                         from.journal_epoch.value(), from.offset.value());
    }
    out += std::format(R"(,"qos":{},"retain":{})", r.qos, r.retain);
    if (r.kind == model::record_kind::gap) return out + std::format(",\"gap\":{}}}\n", json_text(gap_text(r.payload)));
    return out + std::format(",\"{}\":{}}}\n", is_text(r.payload) ? "payload" : "payload_hex",
                             json_text(payload_text(r.payload)));
  }

  model::lane lane_;
  std::uint64_t left_;
  bool json_;
  model::batch_opener opener_;
};

/// `verify: 12 % of 10240.0 MB`, over itself, where stderr is a terminal.
class progress_line {
 public:
  void show(std::uint64_t bytes, std::uint64_t of) {
    const auto percent = of == 0 ? 100 : bytes * 100 / of;
    if (!stderr_is_terminal() || percent == shown_) return;
    shown_ = percent;
    complain(std::format("\rverify: {} % of {:.1f} MB", percent, megabytes(of)));
  }
  void end() const {
    if (shown_ != none) complain("\n");
  }

 private:
  static constexpr std::uint64_t none = UINT64_MAX;
  std::uint64_t shown_ = none;
};

std::string to_text(const journal::finding& f) {
  const auto where = f.bytes == 0 ? std::string() : std::format(" at {}, {} bytes", f.at, f.bytes);
  return std::format("{:<7} {}{}: {}: {}\n", journal::name_of(f.how), f.file, where, f.kind, f.meaning);
}

std::string to_json(const journal::finding& f) {
  auto out = std::format(R"({{"severity":"{}","kind":"{}","file":{},"at":{},"bytes":{})", journal::name_of(f.how),
                         f.kind, json_text(f.file), f.at, f.bytes);
  if (f.lane) out += std::format(R"(,"lane":"{}")", model::name_of(*f.lane));
  if (f.records() != 0) out += std::format(R"(,"first":{},"last":{})", f.first.value(), f.end.value() - 1);
  return out + std::format(",\"meaning\":{}}}\n", json_text(f.meaning));
}

}  // namespace

exit_code run_journal(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee journal ls`, `dump`, `verify` or `repair`");
}

exit_code run_journal_ls(const invocation& called) {
  const auto place = find_journal(called, "journal");
  if (!place) return place.error();
  const auto all = journal::summarize(io::real_disk(), place->folder);
  if (!all) return refuse(place->folder, all.error());
  if (called.json()) {
    print(to_json(*all) + "\n");
    return exit_code::ok;
  }
  auto out = std::format("journal of {}, epoch {:x}\n",
                         all->node.empty() ? "a node that journal.id does not tell" : all->node, all->epoch.value());
  for (const auto& each : all->lanes) out += to_text(each);
  for (const auto& each : all->cursors) out += to_text(each);
  print(out);
  return exit_code::ok;
}

exit_code run_journal_dump(const invocation& called) {
  const auto lane = model::lane_from(called.text("--lane").value_or("bulk"));
  if (!lane) return refuse(exit_code::usage, "--lane is alarm, event or bulk");
  const auto from = called.whole_number("--from", 0);
  const auto to = called.whole_number("--to", UINT64_MAX);
  const auto limit = called.whole_number("--limit", UINT64_MAX);
  if (!from || !to || !limit || *limit == 0) {
    return refuse(exit_code::usage, "--from, --to and --limit take a whole number");
  }
  const auto place = find_journal(called, "journal");
  if (!place) return place.error();
  const auto keys = node::read_keys(place->keys);
  if (!keys) return refuse(exit_code::config, keys.error().text());
  printer out(*lane, *limit, called.json());
  const auto done = journal::dump(io::real_disk(), place->folder, *keys,
                                  {.lane = *lane, .from = log_offset(*from), .to = log_offset(*to)}, out);
  return done ? exit_code::ok : refuse(place->folder, done.error());
}

exit_code run_journal_verify(const invocation& called) {
  const auto place = find_journal(called, "journal");
  if (!place) return place.error();
  const bool json = called.json();
  progress_line line;
  const journal::verify_listener listener{
      .found = [&](const journal::finding& f) { print(json ? to_json(f) : to_text(f)); },
      .read = [&](std::uint64_t bytes, std::uint64_t of) { line.show(bytes, of); }};
  const auto sum = journal::verify(io::real_disk(), place->folder, listener);
  line.end();
  if (!sum) return refuse(place->folder, sum.error());
  constexpr std::string_view as_json =
      R"({{"good":{},"segments":{},"records":{},"bytes":{},"damages":{},"known":{},"notes":{},"records_gone":{}}})"
      "\n";
  const bool good = sum->damages == 0;
  print(json ? std::format(as_json, good, sum->segments, sum->records, sum->bytes, sum->damages, sum->known, sum->notes,
                           sum->records_gone)
             : std::format("{}: {} records in {} segments, {:.1f} MB read; {} damages, {} known, {} notes\n",
                           good ? "good" : "damaged", sum->records, sum->segments, megabytes(sum->bytes), sum->damages,
                           sum->known, sum->notes));
  return good ? exit_code::ok : exit_code::failed;
}

exit_code run_journal_repair(const invocation& called) {
  const auto place = find_journal(called, "journal");
  if (!place) return place.error();
  const journal::repair_options chosen{.write = called.has("--write"),
                                       .node = called.text("--node").value_or(place->node)};
  const auto sum = journal::repair(io::real_disk(), place->folder, chosen, [&](const journal::repair_step& step) {
    if (called.json()) {
      print(std::format("{{\"file\":{},\"what\":{},\"done\":{},\"left\":{}}}\n", json_text(step.file),
                        json_text(step.what), step.done, step.left));
    } else {
      print(std::format("{} {}: {}\n", step.left ? "left " : step.done ? "done " : "would", step.file, step.what));
    }
  });
  if (!sum) return refuse(place->folder, sum.error());
  if (!called.json()) {
    print(sum->steps + sum->left == 0
              ? std::string("nothing to repair\n")
              : std::format("{} {}, {} left to you{}\n", sum->steps, chosen.write ? "repaired" : "to repair", sum->left,
                            chosen.write ? "" : "; nothing was changed: --write does it"));
  }
  return sum->left == 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace perigee::cli
