#include "io/memory_disk.hpp"

#include <algorithm>

namespace perigee::io {
namespace {

constexpr std::size_t sector_bytes = 512;

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool lies_in(const std::string& path, const std::string& folder) { return folder_of(path) == folder; }

/// What a power cut leaves of a file: each sector as it was synced, as it was last written, or torn between the two.
byte_buffer torn(const byte_buffer& synced, const byte_buffer& written, prng& random) {
  const bool keeps_size = synced.size() == written.size() || random.chance(0.5);
  byte_buffer out(keeps_size ? written.size() : synced.size());
  for (std::size_t at = 0; at < out.size(); at += sector_bytes) {
    const auto end = std::min(at + sector_bytes, out.size());
    std::size_t cut = random.chance(0.5) ? end : at;
    if (random.chance(0.1)) cut = at + random.below(end - at);
    for (auto i = at; i < end; ++i) {
      const auto& from = i < cut ? written : synced;
      out[i] = i < from.size() ? from[i] : std::uint8_t{0};
    }
  }
  return out;
}

}  // namespace

struct memory_disk::node {
  byte_buffer written;         // what a process reads
  byte_buffer synced;          // what a power cut leaves for sure
  std::set<std::size_t> lost;  // sectors of `written` that a failed sync gave up: no sync writes them

  void write_back() {
    const auto was = std::exchange(synced, written);
    for (const auto sector : lost) {
      const auto begin = sector * sector_bytes;
      const auto end = std::min(begin + sector_bytes, synced.size());
      for (auto i = begin; i < end; ++i) synced[i] = i < was.size() ? was[i] : std::uint8_t{0};
    }
  }
};

class memory_disk::open_file final : public file {
 public:
  open_file(memory_disk& on, std::shared_ptr<node> of, bool writable)
      : on_(on), of_(std::move(of)), generation_(on.generation_), writable_(writable) {}

  result<std::size_t> read_at(std::uint64_t offset, byte_span into) override {
    const std::lock_guard hold(on_.lock_);
    PG_TRY_VOID(usable());
    const auto& bytes = of_->written;
    if (offset >= bytes.size()) return std::size_t{0};
    const auto n = std::min<std::size_t>(into.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), n, into.begin());
    return n;
  }

  result<> write_at(std::uint64_t offset, byte_view bytes) override {
    const std::lock_guard hold(on_.lock_);
    PG_TRY_VOID(usable());
    if (!writable_) return fail(errc::io, "the file is open for reading only");
    const auto end = offset + bytes.size();
    PG_TRY_VOID(grow_to(end));
    of_->lost.erase(of_->lost.lower_bound(offset / sector_bytes),
                    of_->lost.lower_bound((end + sector_bytes - 1) / sector_bytes));
    std::ranges::copy(bytes, of_->written.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }

  result<> sync() override {
    const std::lock_guard hold(on_.lock_);
    PG_TRY_VOID(usable());
    of_->write_back();
    return {};
  }

  result<> truncate(std::uint64_t size) override {
    const std::lock_guard hold(on_.lock_);
    PG_TRY_VOID(usable());
    if (size > of_->written.size()) return grow_to(size);
    of_->written.resize(size);
    return {};
  }

  result<std::uint64_t> size() override {
    const std::lock_guard hold(on_.lock_);
    PG_TRY_VOID(usable());
    return of_->written.size();
  }

 private:
  [[nodiscard]] result<> usable() const {
    if (generation_ != on_.generation_) return fail(errc::closed, "the file was open when the power was cut");
    return {};
  }

  result<> grow_to(std::uint64_t end) {
    if (end <= of_->written.size()) return {};
    std::uint64_t used = end - of_->written.size();
    for (const auto& [path, each] : on_.now_) used += each->written.size();
    if (used > on_.capacity_) return fail(errc::no_space, "the disk in memory is full");
    of_->written.resize(end);
    return {};
  }

  memory_disk& on_;
  std::shared_ptr<node> of_;
  std::uint64_t generation_;
  bool writable_;
};

class memory_disk::held_lock final : public disk_lock {
 public:
  held_lock(memory_disk& on, std::string path) : on_(on), path_(std::move(path)), generation_(on.generation_) {}
  ~held_lock() override {
    const std::lock_guard hold(on_.lock_);
    if (generation_ == on_.generation_) on_.locks_.erase(path_);
  }

 private:
  memory_disk& on_;
  std::string path_;
  std::uint64_t generation_;
};

memory_disk::memory_disk(std::uint64_t capacity_bytes) : capacity_(capacity_bytes) {}
memory_disk::~memory_disk() = default;

result<std::unique_ptr<file>> memory_disk::open(const std::string& path, open_mode mode) {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(path);
  const bool must_exist = mode == open_mode::read || mode == open_mode::write;
  if (found == now_.end() && must_exist) return fail(errc::not_found, "no such file on the disk in memory");
  if (found != now_.end() && mode == open_mode::create_new) return fail(errc::exists, "the file is there already");
  auto& entry = now_[path];
  if (!entry) entry = std::make_shared<node>();
  return std::make_unique<open_file>(*this, entry, mode != open_mode::read);
}

result<std::vector<std::string>> memory_disk::list(const std::string& folder) {
  const std::lock_guard hold(lock_);
  if (!folders_.contains(folder)) return fail(errc::not_found, "no such folder on the disk in memory");
  std::vector<std::string> names;
  for (const auto& [path, entry] : now_) {
    if (lies_in(path, folder)) names.push_back(path.substr(path.rfind('/') + 1));
  }
  for (const auto& below : folders_) {
    if (lies_in(below, folder)) names.push_back(below.substr(below.rfind('/') + 1));
  }
  std::ranges::sort(names);
  return names;
}

result<> memory_disk::make_folder(const std::string& folder) {
  const std::lock_guard hold(lock_);
  for (auto part = folder; part != "." && !part.empty(); part = folder_of(part)) folders_.insert(part);
  return {};
}

result<> memory_disk::remove(const std::string& path) {
  const std::lock_guard hold(lock_);
  if (now_.erase(path) == 0) return fail(errc::not_found, "no such file on the disk in memory");
  return {};
}

result<> memory_disk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(from);
  if (found == now_.end()) return fail(errc::not_found, "no such file on the disk in memory");
  now_[to] = found->second;
  now_.erase(found);
  return {};
}

result<> memory_disk::sync_folder(const std::string& folder) {
  const std::lock_guard hold(lock_);
  std::erase_if(durable_, [&](const auto& entry) { return lies_in(entry.first, folder); });
  for (const auto& [path, entry] : now_) {
    if (lies_in(path, folder)) durable_[path] = entry;
  }
  return {};
}

result<disk_space> memory_disk::space(const std::string&) {
  const std::lock_guard hold(lock_);
  std::uint64_t used = 0;
  for (const auto& [path, entry] : now_) used += entry->written.size();
  return disk_space{used > capacity_ ? 0 : capacity_ - used, capacity_};
}

result<std::unique_ptr<disk_lock>> memory_disk::lock(const std::string& path) {
  const std::lock_guard hold(lock_);
  if (!locks_.insert(path).second) return fail(errc::exists, "another holds the lock");
  return std::make_unique<held_lock>(*this, path);
}

void memory_disk::crash(prng& random) {
  const std::lock_guard hold(lock_);
  // Entries that were made, renamed or removed since the last sync_folder: each is drawn, kept or forgotten.
  auto survivors = durable_;
  for (const auto& [path, entry] : now_) {
    if (const auto was = durable_.find(path); was != durable_.end() && was->second == entry) continue;
    if (random.chance(0.5)) survivors[path] = entry;
  }
  for (const auto& [path, entry] : durable_) {
    if (!now_.contains(path) && random.chance(0.5)) survivors.erase(path);
  }
  std::map<std::shared_ptr<node>, std::shared_ptr<node>> renewed;
  for (auto& [path, entry] : survivors) {
    auto& copy = renewed[entry];
    if (!copy) {
      copy = std::make_shared<node>();
      auto reachable = *entry;
      if (!entry->lost.empty()) reachable.write_back();
      copy->written = torn(entry->synced, entry->lost.empty() ? entry->written : reachable.synced, random);
      copy->synced = copy->written;
    }
    entry = copy;
  }
  now_ = survivors;
  durable_ = std::move(survivors);
  locks_.clear();
  ++generation_;
}

void memory_disk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard hold(lock_);
  capacity_ = bytes;
}

result<byte_buffer> memory_disk::contents(const std::string& path) const {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(path);
  if (found == now_.end()) return fail(errc::not_found, "no such file on the disk in memory");
  return found->second->written;
}

result<> memory_disk::overwrite(const std::string& path, byte_view bytes) {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(path);
  if (found == now_.end()) return fail(errc::not_found, "no such file on the disk in memory");
  found->second->written = to_buffer(bytes);
  found->second->synced = found->second->written;
  return {};
}

result<> memory_disk::flip_bit(const std::string& path, std::uint64_t byte, unsigned bit) {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(path);
  if (found == now_.end() || byte >= found->second->written.size()) return fail(errc::not_found, "nothing is there");
  const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
  found->second->written[byte] ^= mask;
  if (byte < found->second->synced.size()) found->second->synced[byte] ^= mask;
  return {};
}

void memory_disk::lose_unsynced(const std::string& path) {
  const std::lock_guard hold(lock_);
  const auto found = now_.find(path);
  if (found == now_.end()) return;
  auto& of = *found->second;
  for (std::size_t at = 0; at < of.written.size(); at += sector_bytes) {
    const auto end = std::min(at + sector_bytes, of.written.size());
    const auto sector = byte_view(of.written).subspan(at, end - at);
    if (end <= of.synced.size() && std::ranges::equal(sector, byte_view(of.synced).subspan(at, end - at))) continue;
    of.lost.insert(at / sector_bytes);
  }
}

}  // namespace perigee::io
