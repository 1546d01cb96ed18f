// How fast a file takes writes that are on stable storage when they return, by how it was made: growing, with room set
// aside (fallocate), or written before. docs/decisions/0009-how-segments-are-written.md has what came of it.
//
//   disk_probe --folder DIR [--rounds N] [--writes N]

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <string>
#include <string_view>
#include <vector>

namespace {

enum class room { grows, kept_size, set_size, written };
struct variant {
  std::string_view name;
  room made;
  bool synced_by_flag;  // O_DSYNC in place of fdatasync
};
constexpr std::array variants{
    variant{"grows, fdatasync", room::grows, false},
    variant{"fallocate keeping the size, fdatasync", room::kept_size, false},
    variant{"fallocate, fdatasync", room::set_size, false},
    variant{"written before, fdatasync", room::written, false},
    variant{"written before, O_DSYNC", room::written, true},
};
constexpr std::array<std::size_t, 3> sizes{4U << 10, 64U << 10, 256U << 10};

[[noreturn]] void give_up(const char* why) {
  std::perror(why);
  std::exit(1);
}

void write_all(int file, const std::string& block, std::size_t at) {
  if (::pwrite(file, block.data(), block.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(block.size()))
    give_up("write");
}

int make_file(const std::string& path, const variant& how, std::size_t bytes) {
  ::unlink(path.c_str());
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (how.synced_by_flag ? O_DSYNC : 0), 0600);
  if (file < 0) give_up("open");
  const auto size = static_cast<off_t>(bytes);
  if (how.made == room::kept_size && ::fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size) != 0) give_up("fallocate");
  if (how.made == room::set_size && ::fallocate(file, 0, 0, size) != 0) give_up("fallocate");
  if (how.made == room::written) {
    const std::string zeros(1U << 20, '\0');
    for (std::size_t at = 0; at < bytes; at += zeros.size()) write_all(file, zeros, at);
  }
  if (::fsync(file) != 0) give_up("fsync");
  return file;
}

/// Microseconds of each write.
void measure(const std::string& path, const variant& how, std::size_t block_bytes, std::size_t writes,
             std::vector<double>& into) {
  const int file = make_file(path, how, block_bytes * writes);
  const std::string block(block_bytes, 'x');
  for (std::size_t i = 0; i < writes; ++i) {
    const auto began = std::chrono::steady_clock::now();
    write_all(file, block, i * block_bytes);
    if (!how.synced_by_flag && ::fdatasync(file) != 0) give_up("fdatasync");
    into.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
  }
  ::close(file);
  ::unlink(path.c_str());
}

double quantile(std::vector<double>& of, double q) {
  const auto at = of.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(of.size() - 1));
  std::ranges::nth_element(of, at);
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder = ".";
  std::size_t rounds = 5;
  std::size_t writes = 400;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--folder") folder = argv[i + 1];
    if (name == "--rounds") rounds = std::strtoul(argv[i + 1], nullptr, 10);
    if (name == "--writes") writes = std::strtoul(argv[i + 1], nullptr, 10);
  }
  for (const auto size : sizes) {
    std::array<std::vector<double>, variants.size()> times;
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t v = 0; v < variants.size(); ++v)
        measure(folder + "/disk_probe.tmp", variants[v], size, writes, times[v]);
    }
    for (std::size_t v = 0; v < variants.size(); ++v) {
      const auto median = quantile(times[v], 0.5);
      std::puts(std::format("{:>4} KiB  {:<40} p50 {:7.0f} us  p99 {:7.0f} us  {:6.0f} MB/s at p50", size >> 10,
                            variants[v].name, median, quantile(times[v], 0.99), static_cast<double>(size) / median)
                    .c_str());
    }
  }
  return 0;
}
