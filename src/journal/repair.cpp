#include "journal/repair.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "journal/detail/identity.hpp"
#include "journal/detail/lane_folder.hpp"
#include "journal/detail/segment_rewrite.hpp"
#include "journal/verify.hpp"

namespace perigee::journal {
namespace {

using detail::lane_folder;
using detail::segment_file;

/// What is wrong with a segment, as far as its repair needs to know.
struct broken {
  std::uint64_t bytes = 0;  // that do not verify
  std::uint64_t records = 0;
  bool header = false;
  bool only_follower_missing = true;  // it is whole, what comes behind it is not there
};

std::string path_of(const std::string& folder, model::lane l) { return folder + '/' + std::string(model::name_of(l)); }

class repairing {
 public:
  repairing(io::disk& disk, std::string folder, const repair_options& chosen,
            const std::function<void(const repair_step&)>& told)
      : disk_(disk), folder_(std::move(folder)), chosen_(chosen), told_(told) {}

  result<repair_summary> run() {
    PG_TRY_VOID(find_epoch());
    for (std::size_t i = 0; i < model::lane_count; ++i) PG_TRY_VOID(move_back(static_cast<model::lane>(i)));
    PG_TRY_VOID(examine());
    for (const auto& [where, what] : broken_) PG_TRY_VOID(rewrite(where.first, where.second, what));
    return sum_;
  }

 private:
  using place = std::pair<model::lane, log_offset>;

  void say(std::string file, std::string what) {
    ++sum_.steps;
    told_({.file = std::move(file), .what = std::move(what), .done = chosen_.write});
  }
  void leave(std::string file, std::string what) {
    ++sum_.left;
    told_({.file = std::move(file), .what = std::move(what), .left = true});
  }

  /// From journal.id, or else what most segments say.
  result<> find_epoch() {
    const auto who = detail::read_identity(disk_, folder_);
    if (who) {
      epoch_ = who->epoch;
      return {};
    }
    if (is(who.error(), errc::unsupported)) return std::unexpected(who.error());
    std::map<epoch, std::size_t> votes;
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      PG_TRY(const auto lane, look(static_cast<model::lane>(i)));
      for (const auto& each : lane.segments) {
        if (each.header) ++votes[each.header->epoch];
      }
    }
    if (votes.empty()) return fail(errc::not_found, "there is no journal in the folder, and no segment says whose");
    epoch_ = std::ranges::max_element(votes, {}, [](const auto& v) { return v.second; })->first;
    return make_identity();
  }

  result<> make_identity() {
    if (chosen_.node.empty()) {
      leave("journal.id", "can be made again once the node's name is known: give its configuration, or --node NAME");
      return {};
    }
    say("journal.id",
        std::format("is made again: node '{}', epoch {:x}, as the segments say", chosen_.node, epoch_->value()));
    return chosen_.write ? detail::write_identity(disk_, folder_, {*epoch_, chosen_.node}) : result<>{};
  }

  result<lane_folder> look(model::lane l) {
    auto found = detail::read_lane_folder(disk_, path_of(folder_, l), l, epoch_);
    if (!found && is(found.error(), errc::not_found)) return lane_folder{};
    return found;
  }

  /// Files with a segment's name that say another place: to that place, where it is free.
  result<> move_back(model::lane l) {
    PG_TRY(auto in, look(l));
    std::vector<std::pair<std::string, segment_file>> astray;
    for (const auto& each : in.misplaced) astray.emplace_back(each.name(), each);
    for (const auto& name : in.set_aside) {
      PG_TRY(const auto file, detail::read_segment_file(disk_, path_of(folder_, l) + '/' + name, {}));
      astray.emplace_back(name, file);
    }
    for (const auto& [name, file] : astray) PG_TRY_VOID(move_back(l, name, file));
    return {};
  }

  result<> move_back(model::lane l, const std::string& name, const segment_file& file) {
    const auto from = std::string(model::name_of(l)) + '/' + name;
    if (!file.header || file.header->epoch != *epoch_) {
      leave(from, "is of another journal: remove it, or move it to where it belongs");
      return {};
    }
    PG_TRY(const auto home, look(file.header->lane));
    if (!is_wanted(home, file.header->first)) {
      leave(from, "its place is taken or no other segment asks for it: remove it if you do not need it");
      return {};
    }
    const auto target = std::string(model::name_of(file.header->lane)) + '/' + detail::segment_name(file.header->first);
    moved_.insert(target);
    say(from, "is moved back to " + target);
    if (!chosen_.write) return {};
    PG_TRY_VOID(disk_.rename(folder_ + '/' + from, folder_ + '/' + target));
    PG_TRY_VOID(disk_.sync_folder(path_of(folder_, file.header->lane)));
    return disk_.sync_folder(path_of(folder_, l));
  }

  /// Whether the lane has a hole that this segment fits in: one says that it comes right behind it.
  [[nodiscard]] static bool is_wanted(const lane_folder& home, log_offset first) {
    const auto follows = [&](const segment_file& each) { return each.header && each.header->previous == first; };
    const auto taken = [&](const segment_file& each) { return each.first == first; };
    return std::ranges::none_of(home.segments, taken) && std::ranges::none_of(home.misplaced, taken) &&
           std::ranges::any_of(home.segments, follows);
  }

  result<> examine() {
    const auto verified = verify(disk_, folder_, {.found = [this](const finding& f) { take(f); }});
    return verified ? result<>{} : std::unexpected(verified.error());
  }

  void take(const finding& f) {
    if (f.kind == "torn tail" && f.lane && f.segment) torn_[{*f.lane, *f.segment}] = f.at;
    if (f.how != severity::damage || moved_.contains(f.file)) return;
    if (!f.segment && !f.kind.starts_with("misplaced") && !f.kind.contains("identity")) {
      leave(f.file, f.meaning);  // a cursor and the like: the next start mends them
    } else if (f.kind == "unreadable record") {
      leave(f.file, f.meaning + "; it is kept, a newer version may read it");
    } else if (f.lane && f.segment) {
      auto& one = broken_[{*f.lane, *f.segment}];
      if (f.kind != "damaged header") one.bytes += f.bytes;
      one.records += f.records();
      one.header = one.header || f.kind == "damaged header";
      one.only_follower_missing = one.only_follower_missing && f.kind == "missing segment";
    }
  }

  result<> rewrite(model::lane l, log_offset first, const broken& what) {
    PG_TRY(const auto in, look(l));
    const auto at = std::ranges::find(in.segments, first, &segment_file::first);
    if (at == in.segments.end()) return {};
    const auto next = std::next(at);
    detail::rewrite plan{.of = *at, .end = {}, .verbatim = {}};
    if (next != in.segments.end()) plan.end = next->first;
    if (at != in.segments.begin()) plan.previous = std::prev(at)->first;
    if (next != in.segments.end() && next->header) plan.newest_before = next->header->newest_before;
    if (const auto torn = torn_.find({l, first}); torn != torn_.end()) plan.verbatim = torn->second;
    const auto file = std::string(model::name_of(l)) + '/' + at->name();
    if (!chosen_.write) {
      say(file, describe(what, ""));
      return {};
    }
    const auto done = detail::rewrite_segment(disk_, path_of(folder_, l), l, *epoch_, plan);
    if (!done && is(done.error(), errc::refused)) {
      leave(file, done.error().what);
      return {};
    }
    if (!done) return std::unexpected(done.error());
    say(file, describe(what, done->aside));
    return {};
  }

  static std::string describe(const broken& what, const std::string& aside) {
    if (what.only_follower_missing) return std::format("notes that the {} records behind it are gone", what.records);
    std::string out = "is written anew";
    if (what.header) out += " under a header made from what is in it";
    if (what.bytes != 0) {
      out += std::format(" without {} bytes that do not verify, which go to {}", what.bytes,
                         aside.empty() ? "damaged-*.bin" : aside);
    }
    if (what.records != 0) out += std::format("; {} records are gone, readers get a gap", what.records);
    return out;
  }

  io::disk& disk_;
  const std::string folder_;
  const repair_options& chosen_;
  const std::function<void(const repair_step&)>& told_;
  std::optional<epoch> epoch_;
  std::set<std::string> moved_;  // files that are in their place again, or would be
  std::map<place, broken> broken_;
  std::map<place, std::uint64_t> torn_;  // where the tail of a newest segment is torn
  repair_summary sum_;
};

}  // namespace

result<repair_summary> repair(io::disk& disk, const std::string& folder, const repair_options& chosen,
                              const std::function<void(const repair_step&)>& told) {
  PG_TRY_VOID(disk.list(folder));
  const auto lock = disk.lock(folder + "/lock");
  if (!lock && is(lock.error(), errc::exists)) {
    return fail(errc::exists, "a node has the journal open: stop it first");
  }
  if (!lock) return std::unexpected(lock.error());
  return repairing(disk, folder, chosen, told).run();
}

}  // namespace perigee::journal
