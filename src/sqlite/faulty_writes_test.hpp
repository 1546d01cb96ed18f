#pragma once

#include <sqlite3.h>
#include <unistd.h>  // tidy: sockets — SQLite knows no other disk than the machine's

#include <algorithm>
#include <array>
#include <cerrno>

namespace perigee::sqlite {

/// What happens to one of SQLite's writes to its files.
enum class write_fault {
  dies,       // the process ends instead of it, as by kill -9
  dies_half,  // likewise, with half of it written
  no_space,   // it is refused, and so are all after it
};

/// As long as it lives, the `at`-th write, truncation or removal (from 1) of every connection that is in use meets with
/// the fault: a test counts `at` up until it is reached no more, and so has been at every step. What is written to a
/// file is all that can outlive a process, so a death between two statements is one before the next write. One at a
/// time.
class faulty_writes {
 public:
  faulty_writes(write_fault how, int at) {
    now() = {how, at, 0};
    auto* vfs = sqlite3_vfs_find(nullptr);
    for (const auto& [name, call] : calls()) vfs->xSetSystemCall(vfs, name, call);
  }
  ~faulty_writes() {
    auto* vfs = sqlite3_vfs_find(nullptr);
    for (const auto& [name, call] : calls()) vfs->xSetSystemCall(vfs, name, nullptr);
  }
  faulty_writes(const faulty_writes&) = delete;
  faulty_writes& operator=(const faulty_writes&) = delete;

  /// Whether the fault was met with.
  [[nodiscard]] bool reached() const { return now().seen >= now().at; }

 private:
  struct plan {
    write_fault how = write_fault::dies;
    int at = 0;
    int seen = 0;
  };
  static plan& now() {
    static plan one;
    return one;
  }

  /// Whether the call is to be refused.
  static bool is_refused(bool can_be_half) {
    auto& one = now();
    if (++one.seen < one.at) return false;
    if (one.how == write_fault::no_space) {
      errno = ENOSPC;
      return true;
    }
    if (one.how == write_fault::dies || !can_be_half) ::_exit(0);
    return false;
  }
  static ssize_t write_at(int file, const void* bytes, size_t count, off_t at) {
    if (is_refused(true)) return -1;
    if (now().seen < now().at) return ::pwrite(file, bytes, count, at);
    (void)::pwrite(file, bytes, count / 2, at);
    ::_exit(0);
  }
  static int truncate(int file, off_t size) { return is_refused(false) ? -1 : ::ftruncate(file, size); }
  static int remove(const char* path) { return is_refused(false) ? -1 : ::unlink(path); }

  struct replaced {
    const char* name;
    sqlite3_syscall_ptr call;
  };
  static std::array<replaced, 4> calls() {
    const auto plain = [](auto* call) { return reinterpret_cast<sqlite3_syscall_ptr>(call); };
    return {{{"pwrite", plain(&write_at)},
             {"pwrite64", plain(&write_at)},
             {"ftruncate", plain(&truncate)},
             {"unlink", plain(&remove)}}};
  }
};

}  // namespace perigee::sqlite
