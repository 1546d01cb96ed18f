// A FUSE mount of a volatile_disk: a real program runs on it, and its power is cut by writing to a file.
//
//   powercut_fs FOLDER     mounts and serves until it is unmounted
//   FOLDER/.power          write "off N": after N more calls that change or sync something, every other call fails with
//   EIO
//                          write "on SEED": loses what was not synced, as SEED draws it, and works again
//                          read: what was lost so far, as JSON

#define FUSE_USE_VERSION 31
#include <fuse3/fuse.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <unordered_map>

#include "powercut/volatile_disk.hpp"

namespace perigee::powercut {
namespace {

constexpr std::string_view power_path = "/.power";
constexpr std::uint64_t power_handle = 0;
constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t disk_blocks = 16ULL << 20;  // 64 GiB: it is never full

/// What the callbacks share; FUSE calls them one after the other (-s).
struct mount {
  volatile_disk disk;
  bool powered = true;
  std::uint64_t calls_left = UINT64_MAX;             // that change or sync something, until the power is cut
  std::unordered_map<std::uint64_t, node_ptr> open;  // by handle; a removed file lives while it is open
  std::uint64_t next_handle = power_handle + 1;
};

mount& served() { return *static_cast<mount*>(fuse_get_context()->private_data); }
bool is_power(const char* path) { return path != nullptr && path == power_path; }

std::string power_report() {
  const auto& lost = served().disk.lost();
  return std::format(R"({{"powered":{},"cuts":{},"writes":{},"sectors":{},"names":{}}})", served().powered, lost.cuts,
                     lost.writes, lost.sectors, lost.names);
}

/// For a call that changes or syncs something: whether there is power for it.
bool spend_power() {
  auto& m = served();
  if (m.calls_left == 0) m.powered = false;
  --m.calls_left;
  return m.powered;
}

int switch_power(std::string_view command) {
  const auto digits = command.find_first_of("0123456789");
  std::uint64_t number = 0;
  if (digits == command.npos) return -EINVAL;
  std::from_chars(command.data() + digits, command.data() + command.size(), number);
  auto& m = served();
  if (command.starts_with("off ")) {
    m.calls_left = number;
    return 0;
  }
  if (!command.starts_with("on ")) return -EINVAL;
  m.disk.lose_power(number);
  m.calls_left = UINT64_MAX;
  m.powered = true;
  return 0;
}

/// An open file or folder, or what has the path; null where the power is off or there is none.
node_ptr reach(const char* path, const fuse_file_info* info) {
  auto& m = served();
  if (info == nullptr) return m.disk.find(path);
  const auto found = m.open.find(info->fh);
  return found == m.open.end() ? nullptr : found->second;
}

int open_node(const node_ptr& which, fuse_file_info* info) {
  auto& m = served();
  info->fh = m.next_handle++;
  m.open.emplace(info->fh, which);
  return 0;
}

void describe(const node& which, struct stat* out) {
  out->st_mode = which.mode;
  out->st_nlink = 1;
  out->st_size = static_cast<off_t>(which.content.bytes().size());
  out->st_blocks = (out->st_size + 511) / 512;
}

int do_getattr(const char* path, struct stat* out, fuse_file_info* info) {
  *out = {};
  out->st_uid = fuse_get_context()->uid;
  out->st_gid = fuse_get_context()->gid;
  if (is_power(path)) {
    out->st_mode = S_IFREG | 0600;
    out->st_nlink = 1;
    return 0;
  }
  if (!served().powered) return -EIO;
  const auto which = reach(path, info);
  if (!which) return -ENOENT;
  describe(*which, out);
  return 0;
}

int do_open(const char* path, fuse_file_info* info) {
  if (is_power(path)) {
    info->fh = power_handle;
    info->direct_io = 1;
    return 0;
  }
  if (!served().powered) return -EIO;
  const auto which = served().disk.find(path);
  return which ? open_node(which, info) : -ENOENT;
}

int do_create(const char* path, mode_t mode, fuse_file_info* info) {
  if (!spend_power()) return -EIO;
  const int failed = served().disk.create(path, mode | S_IFREG);
  return failed != 0 ? -failed : do_open(path, info);
}

int do_mkdir(const char* path, mode_t mode) {
  return spend_power() ? -served().disk.create(path, mode | S_IFDIR) : -EIO;
}

int do_remove(const char* path) { return spend_power() ? -served().disk.remove(path) : -EIO; }

int do_rename(const char* from, const char* to, unsigned flags) {
  if (flags != 0) return -EINVAL;
  return spend_power() ? -served().disk.rename(from, to) : -EIO;
}

int do_truncate(const char* path, off_t size, fuse_file_info* info) {
  if (is_power(path)) return 0;
  if (!spend_power()) return -EIO;
  const auto which = reach(path, info);
  if (!which) return -ENOENT;
  which->content.truncate(static_cast<std::uint64_t>(size));
  return 0;
}

int copy_out(std::span<const std::uint8_t> from, char* to, std::size_t size, off_t offset) {
  const auto begin = std::min(from.size(), static_cast<std::size_t>(offset));
  const auto count = std::min(size, from.size() - begin);
  std::memcpy(to, from.data() + begin, count);
  return static_cast<int>(count);
}

int do_read(const char*, char* into, std::size_t size, off_t offset, fuse_file_info* info) {
  if (info->fh == power_handle) {
    const auto text = power_report();
    return copy_out({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, into, size, offset);
  }
  const auto which = served().powered ? reach(nullptr, info) : nullptr;
  return which ? copy_out(which->content.bytes(), into, size, offset) : -EIO;
}

int do_write(const char*, const char* bytes, std::size_t size, off_t offset, fuse_file_info* info) {
  if (info->fh == power_handle) {
    const int failed = switch_power({bytes, size});
    return failed != 0 ? failed : static_cast<int>(size);
  }
  const auto which = spend_power() ? reach(nullptr, info) : nullptr;
  if (!which) return -EIO;
  which->content.write(static_cast<std::uint64_t>(offset), {reinterpret_cast<const std::uint8_t*>(bytes), size});
  return static_cast<int>(size);
}

int do_sync(const char*, int, fuse_file_info* info) {
  const auto which = spend_power() ? reach(nullptr, info) : nullptr;
  if (!which) return -EIO;
  served().disk.sync(which);
  return 0;
}

int do_release(const char*, fuse_file_info* info) {
  served().open.erase(info->fh);
  return 0;
}

int do_readdir(const char*, void* into, fuse_fill_dir_t fill, off_t, fuse_file_info* info, fuse_readdir_flags) {
  const auto which = served().powered ? reach(nullptr, info) : nullptr;
  if (!which) return -EIO;
  for (const auto& [name, each] : which->now) fill(into, name.c_str(), nullptr, 0, fuse_fill_dir_flags{});
  return 0;
}

int do_chmod(const char* path, mode_t mode, fuse_file_info* info) {
  const auto which = served().powered ? reach(path, info) : nullptr;
  if (!which) return -EIO;
  which->mode = (which->mode & S_IFMT) | (mode & ~static_cast<mode_t>(S_IFMT));
  return 0;
}

int do_chown(const char*, uid_t, gid_t, fuse_file_info*) { return 0; }
int do_utimens(const char*, const timespec*, fuse_file_info*) { return 0; }

int do_statfs(const char*, struct statvfs* out) {
  *out = {};
  out->f_bsize = out->f_frsize = block_bytes;
  out->f_blocks = out->f_bfree = out->f_bavail = disk_blocks;
  out->f_namemax = 255;
  return 0;
}

/// The kernel caches nothing that a power cut could change behind its back, but for the pages of an open file.
void* do_init(fuse_conn_info*, fuse_config* config) {
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  config->hard_remove = 1;  // a removed file that is open is not renamed
  config->nullpath_ok = 1;
  return fuse_get_context()->private_data;
}

fuse_operations operations() {
  fuse_operations out{};
  out.init = do_init;
  out.getattr = do_getattr;
  out.open = out.opendir = do_open;
  out.create = do_create;
  out.mkdir = do_mkdir;
  out.unlink = out.rmdir = do_remove;
  out.rename = do_rename;
  out.truncate = do_truncate;
  out.read = do_read;
  out.write = do_write;
  out.fsync = out.fsyncdir = do_sync;
  out.release = out.releasedir = do_release;
  out.readdir = do_readdir;
  out.chmod = do_chmod;
  out.chown = do_chown;
  out.utimens = do_utimens;
  out.statfs = do_statfs;
  return out;
}

}  // namespace
}  // namespace perigee::powercut

int main(int count, char** arguments) {
  if (count != 2) return 64;
  perigee::powercut::mount served;
  const auto operations = perigee::powercut::operations();
  char foreground[] = "-f";
  char one_thread[] = "-s";
  char* options[] = {arguments[0], foreground, one_thread, arguments[1], nullptr};
  return fuse_main(4, options, &operations, &served);
}
