#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "io/timer.hpp"
#include "io/worker.hpp"

namespace perigee::cli {

/// Standard input without holding up the shard: a worker waits for it, so that a connection is kept alive beside a pipe
/// that says nothing for an hour. Owned by a command, on its shard; ends with it.
class stdin_reader {
 public:
  explicit stdin_reader(io::shard& on);
  ~stdin_reader();
  stdin_reader(const stdin_reader&) = delete;
  stdin_reader& operator=(const stdin_reader&) = delete;

  /// The next line without its end; nothing where there is no more. errc::too_large past limits::payload_bytes_max.
  [[nodiscard]] io::task<std::optional<std::string>> next_line();
  /// All there is. errc::too_large as above.
  [[nodiscard]] io::task<std::string> rest();

 private:
  struct block;
  io::task<bool> fill();

  io::event there_;
  std::shared_ptr<std::atomic<bool>> given_up_ = std::make_shared<std::atomic<bool>>(false);
  std::string come_;
  std::size_t begin_ = 0;  // of what was not given yet
  bool ended_ = false;
  std::unique_ptr<io::worker> worker_;  // ends first: what it says goes to the others
};

}  // namespace perigee::cli
