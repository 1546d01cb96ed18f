#include "journal/detail/segment_survey.hpp"

#include <algorithm>
#include <utility>

namespace perigee::journal::detail {
namespace {

constexpr std::uint64_t block_bytes = 4096;  // the least that a disk gives up

/// Reads around what the disk does not read: such blocks are zeros, which are no frame.
class lenient_file final : public io::file {
 public:
  explicit lenient_file(std::unique_ptr<io::file> under) : under_(std::move(under)) {}

  result<std::size_t> read_at(std::uint64_t offset, byte_span into) override {
    if (auto whole = under_->read_at(offset, into)) return whole;
    std::size_t done = 0;
    while (done < into.size()) {
      const auto at = offset + done;
      const auto part = into.subspan(done, std::min<std::size_t>(into.size() - done, block_bytes - at % block_bytes));
      const auto got = under_->read_at(at, part);
      if (!got) {
        std::ranges::fill(part, std::uint8_t{0});
        unread_end = std::max(unread_end, at + part.size());
      }
      const auto n = got ? *got : part.size();
      done += n;
      if (n < part.size()) break;
    }
    return done;
  }
  result<> write_at(std::uint64_t, byte_view) override { return fail(errc::refused, "the file is only looked at"); }
  result<> sync() override { return {}; }
  result<> truncate(std::uint64_t) override { return fail(errc::refused, "the file is only looked at"); }
  result<std::uint64_t> size() override { return under_->size(); }

  std::uint64_t unread_end = 0;  // behind the last byte that the disk did not read

 private:
  std::unique_ptr<io::file> under_;
};

}  // namespace

segment_survey::segment_survey(std::unique_ptr<io::file> file, const std::uint64_t& unread_end, const segment_file& of,
                               std::optional<log_offset> end)
    : file_(std::move(file)),
      unread_end_(&unread_end),
      scanner_(std::make_unique<frame_scanner>(*file_, segment_header_bytes, of.bytes, of.first)),
      end_(end) {}

result<segment_survey> segment_survey::open(io::disk& disk, const std::string& folder, const segment_file& of,
                                            std::optional<log_offset> end) {
  PG_TRY(auto file, disk.open(folder + '/' + of.name(), io::open_mode::read));
  auto lenient = std::make_unique<lenient_file>(std::move(file));
  const auto& unread_end = lenient->unread_end;
  return segment_survey(std::move(lenient), unread_end, of, end);
}

result<std::optional<frame>> segment_survey::next() {
  if (end_ && expected() >= *end_) return std::nullopt;
  const auto from = position();
  const auto due = expected();
  PG_TRY(auto found, scanner_->next());
  if (found && found->skipped != 0) {
    scanner_ = std::make_unique<frame_scanner>(*file_, from, limit(), due);
    PG_TRY(found, scanner_->next());
  }
  if (!found || !end_ || found->offset < *end_) return found;
  // Behind the last record: left by a write that failed, and no part of the log.
  scanner_ = std::make_unique<frame_scanner>(*file_, from, limit(), due);
  return std::nullopt;
}

result<std::uint64_t> segment_survey::data_end() {
  PG_TRY(const auto end, end_of_data(*file_, position(), limit()));
  return std::max(end, std::min(*unread_end_, limit()));
}

result<> segment_survey::take_over(log_offset end) {
  end_ = end;
  PG_TRY(const auto bytes, file_->size());
  scanner_ = std::make_unique<frame_scanner>(*file_, position(), bytes, expected());
  return {};
}

}  // namespace perigee::journal::detail
