// Preloaded into a command, it kills it, as kill -9 does, at one of its moments: before or after a call by which it
// changes a file or talks to somebody. PERIGEE_DIE_AT=1 is before the first such call, 2 after it, 3 before the second;
// past the last moment the command ends by itself. Without it nothing happens.

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdlib>

namespace {

long wanted_moment() {
  const char* text = std::getenv("PERIGEE_DIE_AT");
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

void pass_moment() {
  static const long wanted = wanted_moment();
  static std::atomic<long> passed{0};
  if (++passed == wanted) ::kill(::getpid(), SIGKILL);
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// The call itself, between two moments.
template <class Function, class... Arguments>
auto between_moments(Function call, Arguments... with) {
  pass_moment();
  const auto out = call(with...);
  pass_moment();
  return out;
}

int open_file(const char* name, const char* path, int flags, mode_t mode) {
  static const auto call = real<int (*)(const char*, int, ...)>(name);
  if ((flags & O_CREAT) == 0) return call(path, flags, mode);
  return between_moments(call, path, flags, mode);
}

mode_t mode_in(int flags, std::va_list more) { return (flags & O_CREAT) == 0 ? 0 : va_arg(more, mode_t); }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const auto mode = mode_in(flags, more);
  va_end(more);
  return open_file("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const auto mode = mode_in(flags, more);
  va_end(more);
  return open_file("open64", path, flags, mode);
}

ssize_t pwrite(int fd, const void* from, size_t bytes, off_t at) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return between_moments(call, fd, from, bytes, at);
}

ssize_t pwrite64(int fd, const void* from, size_t bytes, off64_t at) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return between_moments(call, fd, from, bytes, at);
}

int fsync(int fd) {
  static const auto call = real<int (*)(int)>("fsync");
  return between_moments(call, fd);
}

int fdatasync(int fd) {
  static const auto call = real<int (*)(int)>("fdatasync");
  return between_moments(call, fd);
}

int rename(const char* from, const char* to) noexcept {
  static const auto call = real<int (*)(const char*, const char*)>("rename");
  return between_moments(call, from, to);
}

int unlink(const char* path) noexcept {
  static const auto call = real<int (*)(const char*)>("unlink");
  return between_moments(call, path);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto call = real<int (*)(const char*, mode_t)>("mkdir");
  return between_moments(call, path, mode);
}

int connect(int fd, const sockaddr* to, socklen_t size) {
  static const auto call = real<int (*)(int, const sockaddr*, socklen_t)>("connect");
  return between_moments(call, fd, to, size);
}

ssize_t send(int fd, const void* from, size_t bytes, int flags) {
  static const auto call = real<ssize_t (*)(int, const void*, size_t, int)>("send");
  return between_moments(call, fd, from, bytes, flags);
}

ssize_t sendmsg(int fd, const msghdr* what, int flags) {
  static const auto call = real<ssize_t (*)(int, const msghdr*, int)>("sendmsg");
  return between_moments(call, fd, what, flags);
}

}  // extern "C"
