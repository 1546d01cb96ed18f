#include "journal/detail/segment_rewrite.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "journal/detail/segment_survey.hpp"

namespace perigee::journal::detail {
namespace {

/// Appends to a file in large pieces.
class file_appender {
 public:
  explicit file_appender(std::unique_ptr<io::file> to) : file_(std::move(to)) {}

  result<> add(byte_view bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return buffer_.size() < limits::journal_window_bytes ? result<>{} : flush();
  }
  result<> flush() {
    PG_TRY_VOID(file_->write_at(written_, buffer_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }
  [[nodiscard]] std::uint64_t size() const { return written_ + buffer_.size(); }
  [[nodiscard]] io::file& file() { return *file_; }

 private:
  std::unique_ptr<io::file> file_;
  byte_buffer buffer_;
  std::uint64_t written_ = 0;
};

result<std::pair<std::string, std::unique_ptr<io::file>>> make_aside(io::disk& disk, const std::string& folder,
                                                                     log_offset first) {
  for (std::uint32_t n = 1; n <= limits::journal_segments_max; ++n) {
    auto name = std::format("damaged-{:020}-{}.bin", first.value(), n);
    auto made = disk.open(folder + '/' + name, io::open_mode::create_new);
    if (made) return std::pair(std::move(name), *std::move(made));
    if (!is(made.error(), errc::exists)) return std::unexpected(made.error());
  }
  return fail(errc::full, "too many repairs left damaged bytes here");
}

/// The header as it was before one of its bits changed: of all that could have been, its CRC fits that one alone.
std::optional<segment_header> mend_header(io::file& of, log_offset first, model::lane lane, perigee::epoch epoch) {
  std::array<std::uint8_t, segment_header_bytes> bytes;
  if (const auto got = of.read_at(0, bytes); !got || *got < bytes.size()) return std::nullopt;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    bytes[bit / 8] ^= mask;
    const auto header = decode_header(bytes);
    if (header && header->first == first && header->lane == lane && header->epoch == epoch) return *header;
    bytes[bit / 8] ^= mask;
  }
  return std::nullopt;
}

/// One rewriting.
class rewriter {
 public:
  rewriter(io::disk& disk, std::string folder, const rewrite& plan)
      : disk_(disk), folder_(std::move(folder)), plan_(plan) {}

  result<rewritten> run(model::lane lane, perigee::epoch epoch) {
    const auto path = folder_ + '/' + plan_.of.name();
    const auto fresh = path + std::string(unfinished_suffix);
    if (const auto removed = disk_.remove(fresh); !removed && !is(removed.error(), errc::not_found)) {
      return std::unexpected(removed.error());
    }
    PG_TRY(raw_, disk_.open(path, io::open_mode::read));
    PG_TRY(auto file, disk_.open(fresh, io::open_mode::create_new));
    file_appender out(std::move(file));
    PG_TRY_VOID(out.add(std::array<std::uint8_t, segment_header_bytes>{}));
    PG_TRY_VOID(copy_frames(out, lane));
    const auto synced = out.size();
    PG_TRY_VOID(add_tail(out));
    PG_TRY_VOID(out.flush());
    PG_TRY_VOID(put_header(out.file(), lane, epoch, synced));
    PG_TRY_VOID(out.file().sync());
    if (aside_) {
      PG_TRY_VOID(aside_->flush());
      PG_TRY_VOID(aside_->file().sync());
      PG_TRY_VOID(disk_.sync_folder(folder_));
    }
    PG_TRY_VOID(disk_.rename(fresh, path));
    PG_TRY_VOID(disk_.sync_folder(folder_));
    return done_;
  }

 private:
  result<> copy_frames(file_appender& out, model::lane lane) {
    auto of = plan_.of;
    if (plan_.verbatim) of.bytes = *plan_.verbatim;
    PG_TRY(auto survey, segment_survey::open(disk_, folder_, of, plan_.end));
    for (;;) {
      PG_TRY(const auto frame, survey.next());
      if (!frame) break;
      if (frame->skipped != 0) PG_TRY_VOID(put_aside(frame->position - frame->skipped, frame->skipped));
      PG_TRY_VOID(out.add(frame->whole));
      if (frame->kind != frame_kind::record) continue;
      sealed_ = sealed_ || frame->sealed;
      const auto r = frame->sealed ? fail(errc::refused, "encrypted") : model::decode_record(frame->body(), lane);
      if (r) newest_ = std::max(newest_, r->arrival);
    }
    records_end_ = survey.expected();
    tail_ = survey.position();
    return {};
  }

  /// What follows the last frame that verifies.
  result<> add_tail(file_appender& out) {
    if (tail_ >= plan_.of.bytes) return {};
    const auto bytes = plan_.of.bytes - tail_;
    if (plan_.verbatim) return copy(tail_, bytes, out);
    const bool own = !plan_.end || records_end_ < *plan_.end;
    return own ? put_aside(tail_, bytes) : result<>{};
  }

  result<> put_aside(std::uint64_t at, std::uint64_t bytes) {
    if (!aside_) {
      PG_TRY(auto made, make_aside(disk_, folder_, plan_.of.first));
      done_.aside = std::move(made.first);
      aside_ = std::make_unique<file_appender>(std::move(made.second));
    }
    byte_buffer head;
    byte_writer w(head);
    w.u64(at);
    w.u64(bytes);
    PG_TRY_VOID(aside_->add(head));
    done_.bytes_aside += bytes;
    return copy(at, bytes, *aside_);
  }

  /// What the disk does not read is zeros in the copy.
  result<> copy(std::uint64_t at, std::uint64_t bytes, file_appender& to) {
    byte_buffer piece;
    while (bytes != 0) {
      constexpr std::uint64_t block_bytes = 4096;
      piece.assign(std::min(bytes, block_bytes), 0);
      if (const auto got = raw_->read_at(at, piece); got && *got == 0) return {};
      PG_TRY_VOID(to.add(piece));
      at += piece.size();
      bytes -= piece.size();
    }
    return {};
  }

  result<> put_header(io::file& to, model::lane lane, perigee::epoch epoch, std::uint64_t synced) {
    const auto mended = plan_.of.header ? plan_.of.header : mend_header(*raw_, plan_.of.first, lane, epoch);
    if (!mended && sealed_) {
      return fail(errc::refused,
                  "its header is damaged and its records are encrypted: without it nothing can read them");
    }
    auto h = mended.value_or(segment_header{.lane = lane,
                                            .first = plan_.of.first,
                                            .epoch = epoch,
                                            .newest_before = std::max(plan_.newest_before, newest_),
                                            .previous = plan_.previous});
    h.synced_bytes = static_cast<std::uint32_t>(synced);
    h.synced_records = static_cast<std::uint32_t>(records_end_.value() - h.first.value());
    h.repaired = true;
    std::array<std::uint8_t, segment_header_bytes> bytes;
    encode_header(h, bytes);
    return to.write_at(0, bytes);
  }

  io::disk& disk_;
  const std::string folder_;
  const rewrite& plan_;
  std::unique_ptr<io::file> raw_;
  std::unique_ptr<file_appender> aside_;
  timestamp newest_{};
  bool sealed_ = false;  // some records are encrypted
  log_offset records_end_{};
  std::uint64_t tail_ = 0;
  rewritten done_;
};

}  // namespace

result<rewritten> rewrite_segment(io::disk& disk, const std::string& folder, model::lane lane, perigee::epoch epoch,
                                  const rewrite& plan) {
  if (plan.of.bytes > UINT32_MAX) return fail(errc::too_large, "a segment of 4 GiB is not one of ours");
  return rewriter(disk, folder, plan).run(lane, epoch);
}

}  // namespace perigee::journal::detail
