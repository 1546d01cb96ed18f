#include "journal/verify.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "journal/detail/drop_book.hpp"
#include "journal/detail/identity.hpp"
#include "journal/detail/lane_folder.hpp"
#include "journal/detail/lives.hpp"
#include "journal/detail/segment_check.hpp"
#include "journal/detail/segment_survey.hpp"
#include "journal/inspect.hpp"

namespace perigee::journal {
namespace {

using detail::segment_check;
using detail::segment_file;
using detail::segment_survey;

/// One verification.
class examination {
 public:
  examination(io::disk& disk, std::string folder, const verify_listener& listener)
      : disk_(disk), folder_(std::move(folder)), listener_(listener) {}

  result<verification> run() {
    PG_TRY_VOID(disk_.list(folder_));
    PG_TRY_VOID(check_identity());
    for (std::size_t i = 0; i < model::lane_count; ++i) PG_TRY_VOID(begin_lane(static_cast<model::lane>(i)));
    // Before the lanes: beside a running node they only move on.
    PG_TRY(const auto cursors, read_cursors(disk_, folder_, epoch_));
    if (!any_) return fail(errc::not_found, "there is no journal in the folder");
    PG_TRY_VOID(check_lives());
    for (std::size_t i = 0; i < model::lane_count; ++i) PG_TRY_VOID(check_lane(static_cast<model::lane>(i)));
    check_cursors(cursors);
    return sum_;
  }

 private:
  void report(finding f) {
    switch (f.how) {
      case severity::note: ++sum_.notes; break;
      case severity::known: ++sum_.known; break;
      case severity::damage: ++sum_.damages; break;
    }
    sum_.records_gone += f.records();
    listener_.found(f);
  }
  void report(std::string_view kind, std::string file, std::optional<model::lane> lane, std::string meaning,
              severity how = severity::damage) {
    report({.how = how,
            .kind = kind,
            .file = std::move(file),
            .lane = lane,
            .first = {},
            .end = {},
            .meaning = std::move(meaning)});
  }

  result<> check_identity() {
    const auto who = detail::read_identity(disk_, folder_);
    if (who) {
      any_ = true;
      epoch_ = who->epoch;
    } else if (is(who.error(), errc::unsupported)) {
      return std::unexpected(who.error());
    } else if (is(who.error(), errc::not_found)) {
      identity_missing_ = true;
    } else {
      any_ = true;
      report("damaged identity", "journal.id", {}, "journal.id does not verify: a node does not start on this folder");
    }
    return {};
  }

  [[nodiscard]] static std::string name_of_lane(model::lane l) { return std::string(model::name_of(l)); }
  [[nodiscard]] std::string path_of(model::lane l) const { return folder_ + '/' + name_of_lane(l); }

  result<detail::lane_folder> look(model::lane l) {
    auto found = detail::read_lane_folder(disk_, path_of(l), l, epoch_);
    if (!found && is(found.error(), errc::not_found)) return detail::lane_folder{};
    return found;
  }

  /// Only where there are records that it should name.
  result<> check_lives() {
    const auto known = detail::read_lives(disk_, folder_);
    if (!known && is(known.error(), errc::unsupported)) return std::unexpected(known.error());
    const bool stands = known && (!epoch_ || known->journal == *epoch_);
    if (stands || std::ranges::all_of(lanes_, [](const auto& in) { return in.segments.empty(); })) return {};
    report({.kind = "damaged lives",
            .file = "journal.lives",
            .meaning =
                "journal.lives is missing or does not verify: the next start names the log anew, the parent is told"});
    return {};
  }

  result<> check_drops(model::lane l) {
    if (!epoch_) return {};
    const auto drops = detail::read_drops(disk_, path_of(l), *epoch_);
    if (drops) return {};
    if (!is(drops.error(), errc::corrupt)) return std::unexpected(drops.error());
    report({.kind = "damaged drops",
            .file = name_of_lane(l) + "/drops",
            .lane = l,
            .meaning = "it does not verify: readers get gaps without details for what was dropped"});
    return {};
  }

  /// Everything about a lane but what is inside its segments.
  result<> begin_lane(model::lane l) {
    auto& in = lanes_[static_cast<std::size_t>(l)];
    PG_TRY(in, look(l));
    any_ = any_ || !in.segments.empty();
    for (const auto& each : in.segments) bytes_of_all_ += each.bytes;
    if (identity_missing_ && !in.segments.empty()) {
      identity_missing_ = false;
      report("missing identity", "journal.id", {}, "journal.id is missing: a node does not start on this folder");
    }
    return {};
  }

  result<> check_lane(model::lane l) {
    auto& in = lanes_[static_cast<std::size_t>(l)];
    const auto place = name_of_lane(l) + '/';
    for (const auto& each : in.misplaced) {
      report("misplaced segment", place + each.name(), l,
             std::format("it says that it is {} of lane {}, journal {:x}: it is not read here, a repair moves it back",
                         each.header->first.value(), model::name_of(each.header->lane), each.header->epoch.value()));
    }
    for (const auto& name : in.set_aside) {
      report("misplaced segment", place + name, l, "set aside at a start: a repair moves it back if its place is free");
    }
    for (const auto& name : in.unfinished) {
      report("unfinished segment", place + name, l, "a segment being made; the next start removes it", severity::note);
    }
    PG_TRY_VOID(check_drops(l));
    for (std::size_t i = 0; i < in.segments.size(); ++i) PG_TRY_VOID(check_segment(l, in.segments, i));
    return {};
  }

  /// The newest segment of a running node may not be the newest any more when it has been read.
  result<> check_segment(model::lane l, std::vector<segment_file>& all, std::size_t i) {
    const auto one = all[i];
    const auto end = i + 1 < all.size() ? std::optional(all[i + 1].first) : std::nullopt;
    auto survey = segment_survey::open(disk_, path_of(l), one, end);
    if (!survey && is(survey.error(), errc::not_found)) return {};  // retention was here
    if (!survey) return std::unexpected(survey.error());
    const auto file = name_of_lane(l) + '/' + one.name();
    if (!one.header) {
      report({.kind = "damaged header",
              .file = file,
              .bytes = std::min<std::uint64_t>(one.bytes, detail::segment_header_bytes),
              .lane = l,
              .segment = one.first,
              .meaning = std::format("{}; its records are read as far as they verify", one.damage)});
    }
    const std::function<void(finding)> sink = [this](finding f) { report(std::move(f)); };
    segment_check check(file, l, one, sink);
    const std::function<void(std::uint64_t)> progress = [&](std::uint64_t at) { tell(read_before_ + at); };
    PG_TRY_VOID(check.read(*survey, progress));
    if (!end) {
      PG_TRY_VOID(add_newer(l, all));
      if (i + 1 < all.size()) {
        PG_TRY_VOID(survey->take_over(all[i + 1].first));
        PG_TRY_VOID(check.read(*survey, progress));
      }
    }
    const bool names_one = i + 1 < all.size() && all[i + 1].header.has_value();
    PG_TRY_VOID(check.finish(*survey, names_one ? std::optional(all[i + 1].header->previous) : std::nullopt));
    read_before_ += one.bytes;
    ++sum_.segments;
    sum_.records += check.records();
    sum_.bytes += one.bytes;
    ends_[static_cast<std::size_t>(l)] = survey->end().value_or(survey->expected());
    return {};
  }

  result<> add_newer(model::lane l, std::vector<segment_file>& all) {
    PG_TRY(const auto now, look(l));
    const auto last = all.back().first;
    for (const auto& each : now.segments) {
      if (each.first <= last) continue;
      all.push_back(each);
      bytes_of_all_ += each.bytes;
    }
    return {};
  }

  void tell(std::uint64_t read) {
    constexpr std::uint64_t step_bytes = 1U << 20;
    if (!listener_.read || read < told_ + step_bytes) return;
    told_ = read;
    listener_.read(read, bytes_of_all_);
  }

  void check_cursors(const std::vector<cursor_summary>& all) {
    for (const auto& each : all) {
      const auto file = std::format("cursors/{}.{}", model::name_of(each.lane), each.name);
      const auto end = ends_[static_cast<std::size_t>(each.lane)];
      if (!each.readable) {
        report("damaged cursor", file, each.lane,
               "neither slot is of this journal: its reader starts again at the oldest record");
      } else if (each.position > end) {
        finding f{
            .kind = "lost end", .file = file, .lane = each.lane, .first = end, .end = each.position, .meaning = {}};
        f.meaning =
            std::format("it has handled records up to {}, the log ends at {}: the next start goes on from there",
                        each.position.value(), end.value());
        report(std::move(f));
      }
    }
  }

  io::disk& disk_;
  const std::string folder_;
  const verify_listener& listener_;
  std::optional<epoch> epoch_;
  bool any_ = false;
  bool identity_missing_ = false;
  std::array<detail::lane_folder, model::lane_count> lanes_;
  std::array<log_offset, model::lane_count> ends_{};
  std::uint64_t bytes_of_all_ = 0;
  std::uint64_t read_before_ = 0;
  std::uint64_t told_ = 0;
  verification sum_;
};

}  // namespace

std::string_view name_of(severity s) {
  switch (s) {
    case severity::note: return "note";
    case severity::known: return "known";
    case severity::damage: return "damage";
  }
  return "damage";
}

result<verification> verify(io::disk& disk, const std::string& folder, const verify_listener& listener) {
  return examination(disk, folder, listener).run();
}

}  // namespace perigee::journal
