// Preloaded into a node, it moves the wall clock by the nanoseconds in a file that a test writes to while the node
// runs. The monotonic clock is left alone, as it is by a person or NTP who sets the time.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
const volatile std::int64_t no_offset = 0;

/// The file that PERIGEE_CLOCK_OFFSET names, mapped: 8 bytes, written whole by the test.
const volatile std::int64_t* map_offset() {
  const char* path = std::getenv("PERIGEE_CLOCK_OFFSET");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &no_offset;
  void* at = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return at == MAP_FAILED ? &no_offset : static_cast<const volatile std::int64_t*>(at);
}

std::int64_t offset_ns() {
  static const volatile std::int64_t* const at = map_offset();
  return *at;
}

using clock_gettime_fn = int (*)(clockid_t, timespec*);

int real_clock_gettime(clockid_t which, timespec* out) {
  static const auto real = reinterpret_cast<clock_gettime_fn>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return real(which, out);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* out) noexcept {
  const int code = real_clock_gettime(which, out);
  if (code != 0 || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return code;
  const std::int64_t ns = out->tv_sec * ns_per_s + out->tv_nsec + offset_ns();
  out->tv_sec = ns / ns_per_s;
  out->tv_nsec = ns % ns_per_s;
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  const int code = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return code;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
