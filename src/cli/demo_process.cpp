#include "cli/demo_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <format>
#include <fstream>

namespace perigee::cli {
namespace {

/// In the child between fork and exec: only what POSIX allows there (signal-safety(7)).
[[noreturn]] void become(char* const* arguments, int log, pid_t parent) {
  // Ctrl-C at the terminal is for the supervisor; a dead supervisor takes its nodes with it.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(70);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv("/proc/self/exe", arguments);
  ::_exit(70);
}

}  // namespace

demo_process::demo_process(std::vector<std::string> arguments, std::string log_file)
    : arguments_(std::move(arguments)), log_file_(std::move(log_file)) {}

demo_process::~demo_process() {
  if (!running()) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

result<> demo_process::start() {
  std::string program = "perigee";
  std::vector<char*> arguments{program.data()};
  for (auto& each : arguments_) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  const int log = ::open(log_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return fail(std::error_code(errno, std::system_category()), "a node's log cannot be written");
  const auto parent = ::getpid();
  const auto child = ::fork();
  if (child == 0) become(arguments.data(), log, parent);
  ::close(log);
  if (child < 0) return fail(std::error_code(errno, std::system_category()), "a node's process cannot be started");
  pid_ = child;
  return {};
}

void demo_process::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

std::optional<int> demo_process::reap() {
  int status = 0;
  if (!running() || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  return status;
}

std::string demo_process::last_words() const {
  std::ifstream log(log_file_);
  std::string last;
  for (std::string line; std::getline(log, line);) last = std::move(line);
  return last;
}

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) return std::format("killed by signal {}", WTERMSIG(status));
  return std::format("exited with {}", WEXITSTATUS(status));
}

}  // namespace perigee::cli
