#include "doors/replay/replay_source.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/limits.hpp"
#include "doors/replay/replay_row.hpp"

namespace perigee::doors::replay {
namespace {

constexpr nanoseconds least_step = std::chrono::microseconds(1);
constexpr nanoseconds step_of_one_row = std::chrono::seconds(1);

/// Far-off times stay far off instead of coming round again.
timestamp later(timestamp t, nanoseconds step, std::uint64_t times = 1) {
  std::int64_t whole = 0;
  std::int64_t out = 0;
  const bool over = __builtin_mul_overflow(step.count(), times, &whole) || __builtin_add_overflow(t.ns, whole, &out);
  return {over ? std::numeric_limits<std::int64_t>::max() : out};
}

/// Reads every row once.
class file_check {
 public:
  file_check(csv::byte_source& from, const replay_options& options, csv_layout layout)
      : options_(options), reader_(from, layout.separator), out_{std::move(layout), 0, {}, {}} {}

  std::expected<csv_summary, diagnostics> run() {
    bool header = out_.layout.header;
    for (;;) {
      const auto got = reader_.next();
      if (got == csv::reader::outcome::end) break;
      if (got == csv::reader::outcome::bad) {
        const auto& p = reader_.problem();
        wrong(p.code, p.line, p.column, p.message, {}, p.excerpt);
      } else if (!std::exchange(header, false)) {
        row();
      }
      if (reader_.bytes_read() > limits::csv_file_bytes_max) {
        wrong("P0304", 0, 0, "the file is larger than 256 MiB", "split it, and replay the parts", {});
        break;
      }
      if (wrong_.size() == limits::csv_errors_max) break;
    }
    if (reader_.failure()) wrong("P0312", 0, 0, reader_.failure()->what, {}, {});
    if (wrong_.empty() && out_.rows == 0) wrong("P0311", 0, 0, "the file has no rows", {}, {});
    if (!wrong_.empty()) return std::unexpected(std::move(wrong_));
    return std::move(out_);
  }

 private:
  void row() {
    const auto at = check_row(reader_.row(), out_.layout);
    if (!at) {
      const auto& p = at.error();
      const auto column = reader_.row()[std::min(p.field, reader_.row().size() - 1)].column;
      return wrong(p.code, reader_.line(), column, p.message, p.help, std::string(reader_.line_text().substr(0, 200)));
    }
    out_.first = out_.rows == 0 ? *at : std::min(out_.first, *at);
    out_.last = std::max(out_.last, *at);
    ++out_.rows;
  }

  void wrong(const char* code, std::uint32_t line, std::uint32_t column, std::string message, std::string help,
             std::string excerpt) {
    diagnostic d;
    d.code = code;
    d.file = options_.file;
    d.line = line;
    d.column = column;
    d.message = std::move(message);
    d.help = std::move(help);
    d.excerpt = std::move(excerpt);
    wrong_.push_back(std::move(d));
  }

  const replay_options& options_;
  csv::reader reader_;
  csv_summary out_;
  diagnostics wrong_;
};

}  // namespace

std::expected<csv_summary, diagnostics> check_file(csv::byte_source& from, const replay_options& options) {
  auto layout = find_layout(from, options);
  if (!layout) return std::unexpected(std::move(layout).error());
  return file_check(from, options, *std::move(layout)).run();
}

replay_source::replay_source(csv::byte_source& from, csv_summary file, replay_options options,
                             replay_position from_here, timestamp start)
    : from_(from), file_(std::move(file)), options_(std::move(options)), position_(from_here), due_(start) {
  const auto done = position_.produced.value();
  loop_ = done / file_.rows;
  finished_ = !options_.loop && loop_ > 0;
  if (finished_) return;
  rewind();
  skip_to(done % file_.rows);
}

replay_source::~replay_source() = default;
replay_source::replay_source(replay_source&&) noexcept = default;

std::optional<timestamp> replay_source::next_due() {
  if (!load()) return std::nullopt;
  return due_;
}

std::size_t replay_source::produce(timestamp now, sink take) {
  std::size_t taken = 0;
  while (taken < limits::replay_catch_up_max && load() && due_ <= now) {
    model::record_view record;
    record.topic = options_.topic;
    record.payload = as_bytes(payload_);
    record.source = options_.name;
    record.epoch = position_.life;
    record.sequence = position_.produced.next();
    record.arrival = now;
    if (!take(record)) break;
    position_.produced = position_.produced.next();
    last_stamp_ = stamp_;
    loaded_ = false;
    ++taken;
  }
  return taken;
}

void replay_source::resume(timestamp now) {
  // The row that waits is due now, and what follows keeps its distance from it.
  due_ = now;
  if (loaded_) {
    render();
  } else {
    written_.reset();
  }
}

/// Makes sure that the next row stands in `payload_`.
bool replay_source::load() {
  timestamp written;
  while (!loaded_ && !finished_) {
    if (read_row(written)) {
      schedule(written);
      render();
      loaded_ = true;
    } else if (options_.loop && !reader_->failure()) {
      ++loop_;
      rewind();
    } else {
      finished_ = true;
    }
  }
  return loaded_;
}

bool replay_source::read_row(timestamp& written) {
  for (;;) {
    const auto got = reader_->next();
    if (got == csv::reader::outcome::end) return false;
    const auto at =
        got == csv::reader::outcome::row ? check_row(reader_->row(), file_.layout) : std::unexpected(cell_problem{});
    if (at) {
      written = *at;
      return true;
    }
    ++skipped_;
  }
}

void replay_source::rewind() {
  reader_ = std::make_unique<csv::reader>(from_, file_.layout.separator);
  if (file_.layout.header) static_cast<void>(reader_->next());
}

void replay_source::skip_to(std::uint64_t row) {
  timestamp passed;
  while (row > 0 && read_row(passed)) --row;
}

nanoseconds replay_source::usual_step() const {
  if (file_.rows < 2 || file_.last <= file_.first) return step_of_one_row;
  return (file_.last - file_.first) / static_cast<std::int64_t>(file_.rows - 1);
}

/// When the row is due.
void replay_source::schedule(timestamp written) {
  if (written_) {
    auto step = written - *written_;
    if (step <= nanoseconds::zero()) step = usual_step();
    const double wait = options_.speed > 0 ? static_cast<double>(step.count()) / options_.speed : 0;
    due_ = later(due_, nanoseconds(std::llround(std::min(wait, 1e18))));
  }
  written_ = written;
}

/// The row that stands in the reader, with the time that it is to carry.
void replay_source::render() {
  if (options_.time == replay_time::original) {
    stamp_ = later(*written_, file_.last - file_.first + usual_step(), loop_);
  } else {
    stamp_ = std::max(due_, later(last_stamp_, least_step));
  }
  render_row(payload_, stamp_, reader_->row(), file_.layout);
}

}  // namespace perigee::doors::replay
