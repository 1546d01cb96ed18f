#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/metrics.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "quarantine/entry.hpp"

namespace perigee::quarantine {

namespace detail {
class log_file;
}

/// Where gap records go: the node's journal, on the same shard.
class gap_port {
 public:
  virtual ~gap_port() = default;
  /// Answers up to where the record's lane must be committed for it to be durable, also where it was there before.
  /// errc::full and errc::no_space: another time.
  [[nodiscard]] virtual result<log_offset> append(const model::record_view& r) = 0;
  [[nodiscard]] virtual log_offset committed(model::lane l) const = 0;
};

struct keeper_options {
  std::string file;          // docs/formats/quarantine.md; its folder is made
  perigee::epoch new_epoch;  // for the stamps of gap records, where the file is new
  metrics::registry& metrics;
};

/// A node's quarantine (promise P7): what its readers cannot handle, each record once, with the reason, until a person
/// has it tried again or drops it. Past its bounds (limits.hpp) the oldest make room. What is dropped is told by a gap
/// record in the journal, exactly once (promise P3). A reader's cursor must not pass a record before it is durable
/// here. Owned by the node, on the journal's shard; the file is written on the worker, one write at a time.
class keeper {
 public:
  using ticket = std::uint64_t;
  using outcome = std::move_only_function<void(result<>)>;
  /// Handles a record again: `done` with no error where it worked, now or later, on the shard.
  using retrier = std::move_only_function<void(const kept_record&, outcome done)>;

  /// errc::unsupported where a newer version wrote the file. A damaged one is put aside, and the log says so.
  static result<std::unique_ptr<keeper>> open(io::disk& disk, io::worker& worker, keeper_options options);
  ~keeper();
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;

  /// One that is here already changes nothing.
  ticket set_aside(const poison& what, timestamp now);
  [[nodiscard]] bool is_durable(ticket of) const { return of <= durable_; }
  /// Once, when it is durable; at once where it is.
  void when_durable(ticket of, std::move_only_function<void()> then);
  /// False while too much waits for the disk: read no further.
  [[nodiscard]] bool has_room() const;

  /// What is here and durable, oldest first.
  [[nodiscard]] std::vector<entry> list() const;
  [[nodiscard]] std::size_t size() const;
  /// errc::not_found, errc::corrupt. The record is empty where its bytes were not kept.
  void find(std::uint64_t number, std::move_only_function<void(result<kept_record>)> done);
  /// Gives the record to the reader that set it aside. Where that works it leaves; else it stays, with the new reason,
  /// which is the error. errc::not_found; errc::too_large where its bytes were not kept; errc::exists while it is being
  /// tried; errc::unsupported where its reader does not run or cannot.
  void retry(std::uint64_t number, timestamp now, outcome done);
  /// Gives the record up. errc::not_found; errc::exists while it is being tried.
  void drop(std::uint64_t number, timestamp now, outcome done);

  /// Once, when the reader is there. It outlives the last retry, or takes itself back with an empty one.
  void serve_retries(const std::string& reader, retrier with);
  /// Once, when the journal is there.
  void tell_gaps_to(gap_port& journal) { journal_ = &journal; }
  /// After each commit of the journal.
  void on_commit();
  /// Another try of what the disk or the journal refused. About ten times a second.
  void tick(timestamp now);

 private:
  struct state;
  struct flight;
  explicit keeper(std::unique_ptr<state> opened, keeper_options options);

  template <class Encode>
  void stage(Encode encode);
  void start();
  void prepare(flight& going) const;
  static void write(detail::log_file& file, flight& going);
  void settle(const flight& done);
  void landed(const std::shared_ptr<flight>& done);
  void give_up(const std::vector<std::uint64_t>& numbers);
  void tell_gaps();
  void retried(std::uint64_t number, result<> how, outcome done);
  void count();
  static result<kept_record> as_record(entry what, const result<byte_buffer>& body);

  std::unique_ptr<state> state_;
  keeper_options options_;
  gap_port* journal_ = nullptr;
  std::map<std::string, retrier, std::less<>> retriers_;
  std::set<std::uint64_t> being_tried_;
  std::vector<std::pair<ticket, std::move_only_function<void()>>> waiting_;
  ticket issued_ = 0;
  ticket durable_ = 0;
  timestamp now_{};
  bool telling_ = false;
};

}  // namespace perigee::quarantine
