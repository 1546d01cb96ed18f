#pragma once
// How another terminal talks to a running demo: one line each way through a Unix socket in the demo's folder.

#include <functional>
#include <string>

#include "base/error.hpp"

namespace perigee::cli {

/// "ok ..." or "error ...".
using demo_answer = std::string;

/// The supervisor's end. Owned by it, on its shard; `poll` never waits. The destructor takes the socket away.
class demo_control {
 public:
  /// errc::exists where another demo answers there, errc::too_large for a folder whose name is too long for a socket.
  static result<demo_control> listen(const std::string& folder);
  demo_control(demo_control&& other) noexcept;
  ~demo_control();

  /// Answers whoever waits now.
  void poll(const std::function<demo_answer(const std::string& line)>& answer);

 private:
  demo_control(int socket, std::string path) : socket_(socket), path_(std::move(path)) {}

  int socket_;
  std::string path_;
};

/// The other terminal's end. errc::not_found where no demo runs there.
[[nodiscard]] result<demo_answer> ask_demo(const std::string& folder, const std::string& line);

}  // namespace perigee::cli
