// The machine's files, through POSIX calls. docs/limits.md has no bound here: callers bound what they read and write.

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/file.hpp"

namespace perigee::io {
namespace {

std::unexpected<error> failed(const char* what, std::source_location at = std::source_location::current()) {
  switch (errno) {
    case ENOENT: return fail(errc::not_found, what, at);
    case EEXIST: return fail(errc::exists, what, at);
    case ENOSPC:
    case EDQUOT: return fail(errc::no_space, what, at);
    default: return fail(std::error_code(errno, std::system_category()), what, at);
  }
}

/// Owns a file descriptor.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class real_file final : public file {
 public:
  explicit real_file(int fd) : fd_(fd) {}

  result<std::size_t> read_at(std::uint64_t offset, byte_span into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto n = ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("the file cannot be read");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  result<> write_at(std::uint64_t offset, byte_view bytes) override {
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("the file cannot be written");
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  result<> sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("the file cannot be synced");
    return {};
  }

  result<> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return failed("the file cannot be cut");
    return {};
  }

  result<std::uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return failed("the file cannot be examined");
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  descriptor fd_;
};

class real_lock final : public disk_lock {
 public:
  explicit real_lock(int fd) : fd_(fd) {}

 private:
  descriptor fd_;  // flock goes with the descriptor
};

int flags_of(open_mode mode) {
  switch (mode) {
    case open_mode::read: return O_RDONLY | O_CLOEXEC;
    case open_mode::write: return O_RDWR | O_CLOEXEC;
    case open_mode::create: return O_RDWR | O_CREAT | O_CLOEXEC;
    case open_mode::create_new: break;
  }
  return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
}

/// Of a folder: makes its name durable. One that was there before may stand where this user may not look.
result<> sync_parent(const std::string& path, bool made) {
  const auto slash = path.rfind('/');
  const auto parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const descriptor fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 && errno == EACCES && !made) return {};
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed("the folder around a new one cannot be synced");
  return {};
}

constexpr mode_t private_file = 0600;
constexpr mode_t private_folder = 0700;

class posix_disk final : public disk {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    const int fd = ::open(path.c_str(), flags_of(mode), private_file);
    if (fd < 0) return failed("the file cannot be opened");
    return std::make_unique<real_file>(fd);
  }

  result<std::vector<std::string>> list(const std::string& folder) override {
    auto* listing = ::opendir(folder.c_str());
    if (listing == nullptr) return failed("the folder cannot be listed");
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(listing)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(listing);
    std::ranges::sort(names);
    return names;
  }

  result<> make_folder(const std::string& folder) override {
    for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
      const auto part = folder.substr(0, end);
      const bool made = ::mkdir(part.c_str(), private_folder) == 0;
      if (!made && errno != EEXIST) return failed("the folder cannot be made");
      // A power cut may have come between an earlier mkdir and its sync, so the last one is synced in any case.
      if (made || end == std::string::npos) PG_TRY_VOID(sync_parent(part, made));
      if (end == std::string::npos) return {};
    }
  }

  result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failed("the file cannot be removed");
    return {};
  }

  result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("the file cannot be renamed");
    return {};
  }

  result<> sync_folder(const std::string& folder) override {
    const descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed("the folder cannot be synced");
    return {};
  }

  result<disk_space> space(const std::string& folder) override {
    struct statvfs info{};
    if (::statvfs(folder.c_str(), &info) != 0) return failed("the disk's free space cannot be read");
    return disk_space{std::uint64_t{info.f_bavail} * info.f_frsize, std::uint64_t{info.f_blocks} * info.f_frsize};
  }

  result<std::unique_ptr<disk_lock>> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), flags_of(open_mode::create), private_file);
    if (fd < 0) return failed("the lock file cannot be opened");
    auto held = std::make_unique<real_lock>(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return held;
    if (errno == EWOULDBLOCK) return fail(errc::exists, "another process holds the lock");
    return failed("the file cannot be locked");
  }
};

}  // namespace

disk& real_disk() {
  static posix_disk instance;
  return instance;
}

}  // namespace perigee::io
