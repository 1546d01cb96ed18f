#pragma once
// A tree of files in memory in which nothing is sure before it was synced: neither content nor names.

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "powercut/volatile_file.hpp"

namespace perigee::powercut {

struct node;
using node_ptr = std::shared_ptr<node>;
using names = std::map<std::string, node_ptr, std::less<>>;

/// A file or a folder.
struct node {
  mode_t mode = 0;  // with its kind, as stat(2) has it
  volatile_file content;
  names now;     // of a folder, as processes see it
  names synced;  // of a folder, as it is after a power cut

  [[nodiscard]] bool is_folder() const;
};

/// The file system behind the mount, without FUSE. Names follow the strict reading of POSIX: a new, renamed or removed
/// name is durable after fsync of its folder and not before, whatever was synced of the file. Functions answer 0 or an
/// errno. One thread.
class volatile_disk {
 public:
  volatile_disk();

  /// Null where there is none. Paths begin with a slash.
  [[nodiscard]] node_ptr find(std::string_view path) const;
  /// A file or, where `mode` says so, a folder. EEXIST, ENOENT.
  int create(std::string_view path, mode_t mode);
  /// ENOENT, ENOTEMPTY.
  int remove(std::string_view path);
  /// Replaces what has the new name. Wholly done or not at all, also by a power cut. ENOENT.
  int rename(std::string_view from, std::string_view to);
  /// A file's content, or a folder's names.
  void sync(const node_ptr& which);
  /// What is left is as a restarted machine finds it. The same seed loses the same.
  void lose_power(std::uint64_t seed);

  [[nodiscard]] const losses& lost() const { return lost_; }

 private:
  struct link {
    node_ptr folder;
    std::string name;
    node_ptr target;  // null: the name is gone
  };
  using change = std::vector<link>;  // happens as one
  struct place {
    node_ptr folder;
    std::string_view name;
  };

  [[nodiscard]] place place_of(std::string_view path) const;
  void apply(change made);
  static void keep(const change& made);
  void settle(node& folder, prng& random, const survival& odds);

  node_ptr root_;
  std::vector<change> unsynced_;  // names, in the order they changed
  losses lost_;
};

}  // namespace perigee::powercut
