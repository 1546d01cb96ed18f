#pragma once

#include <array>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "io/shard.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {

/// Answers questions about what is stored while storing goes on: each has a thread and a read-only connection to
/// itself, and sees what was committed when it began (SQLite's WAL keeps that for it). Two are answered at a time, so
/// that a long one does not hold up the next. Owned by the history reader, on its shard; what is under way when it ends
/// is given up.
class queries {
 public:
  using question = std::move_only_function<void(store&)>;
  using done = std::move_only_function<void()>;

  /// `path`: of a database that is there.
  static result<std::unique_ptr<queries>> open(io::shard& on, const std::string& path);
  ~queries() { ended_.request_stop(); }
  queries(const queries&) = delete;
  queries& operator=(const queries&) = delete;

  /// Runs the question off the shard, then `then` on it. The store gives up once `within` has passed, the wait for
  /// other questions included. `own` are samples that the file does not have yet. As many may wait as connections may
  /// ask.
  void ask(nanoseconds within, std::shared_ptr<const own_tail> own, question what, done then);

 private:
  static constexpr std::size_t at_once = 2;
  /// What a question under way uses; it may outlive the queries.
  struct place {
    std::unique_ptr<history::store> store;
    std::size_t waiting = 0;  // known to the shard alone
  };
  struct desk {
    std::shared_ptr<place> at;
    std::unique_ptr<io::worker> worker;
  };

  queries() = default;

  std::array<desk, at_once> desks_;
  std::stop_source ended_;
};

}  // namespace perigee::readers::history
