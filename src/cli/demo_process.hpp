#pragma once
// A node of the demo as a process of its own, and what it takes to make it one.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace perigee::cli {

/// This program with other arguments, in a process that dies with its parent, whatever kills that. Owned by the
/// supervisor, which asks `reap` now and then; the destructor kills what still runs.
class demo_process {
 public:
  /// `arguments` without the program's name: "run", "fog.toml".
  demo_process(std::vector<std::string> arguments, std::string log_file);
  ~demo_process();
  demo_process(const demo_process&) = delete;
  demo_process& operator=(const demo_process&) = delete;

  [[nodiscard]] result<> start();
  void signal(int number) const;
  /// The exit status, once, when it has ended since it was asked last.
  [[nodiscard]] std::optional<int> reap();

  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The last line of its log; empty where there is none.
  [[nodiscard]] std::string last_words() const;

 private:
  std::vector<std::string> arguments_;
  std::string log_file_;
  pid_t pid_ = 0;
};

/// "killed by signal 9", "exited with 78".
[[nodiscard]] std::string describe_status(int status);

}  // namespace perigee::cli
