#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "model/record.hpp"

namespace perigee::journal::detail {

/// What a cursor file holds: docs/formats/journal.md.
struct cursor_slot {
  bool required = false;
  std::uint64_t saves = 0;
  perigee::epoch epoch{};
  log_offset position{};
};
inline constexpr std::size_t cursor_slot_bytes = 36;
inline constexpr std::uint64_t cursor_slot_spacing = 512;  // a torn sector takes one slot only
void encode_slot(const cursor_slot& s, byte_span out);
/// errc::corrupt, errc::unsupported.
[[nodiscard]] result<cursor_slot> decode_slot(byte_view in);

/// The newer of a cursor file's two slots. errc::corrupt where neither verifies.
[[nodiscard]] result<cursor_slot> read_cursor(io::file& from);

/// One cursor: shared by its owner, the set, and a save that is under way.
class cursor_state {
 public:
  cursor_state(io::worker& worker, std::unique_ptr<io::file> file, std::string name, model::lane l, cursor_slot stored);

  [[nodiscard]] log_offset position() const { return position_; }
  /// Where it stands after a crash.
  [[nodiscard]] log_offset durable() const { return durable_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] model::lane lane() const { return lane_; }
  [[nodiscard]] bool required() const { return stored_.required; }
  [[nodiscard]] bool dirty() const { return unsaved_; }
  void move_to(log_offset to);
  void require(bool required);
  /// Saves what is unsaved, then `done` (may be empty). One save at a time: what moves meanwhile goes with the next.
  static void save(const std::shared_ptr<cursor_state>& self, std::move_only_function<void(result<>)> done);

  bool open = false;  // somebody holds a journal::cursor on it

 private:
  static void saved(const std::shared_ptr<cursor_state>& self);
  void write();

  io::worker& worker_;
  std::unique_ptr<io::file> file_;
  const std::string name_;
  const model::lane lane_;
  log_offset position_;
  log_offset durable_;
  cursor_slot stored_;  // as last written or being written
  bool unsaved_ = false;
  bool saving_ = false;
  result<> outcome_;
  std::vector<std::move_only_function<void(result<>)>> waiting_;
  std::vector<std::move_only_function<void(result<>)>> told_;  // by the save under way
};

/// Every cursor of a journal, open or not: retention heeds those that no reader has opened yet. Owned by the journal.
class cursor_set {
 public:
  cursor_set(io::disk& disk, io::worker& worker, std::string folder, perigee::epoch epoch);

  /// Reads the folder. A cursor that cannot be read starts at the oldest record, and the log says so.
  result<> load();
  /// A new one starts at `oldest`.
  result<std::shared_ptr<cursor_state>> open(std::string_view name, model::lane l, bool required, log_offset oldest);
  /// Names of those that start so and are not open.
  [[nodiscard]] std::vector<std::string> idle(std::string_view prefix, model::lane l) const;
  result<> forget(std::string_view name, model::lane l);
  /// Where the hindmost required cursor of a lane stands as it is saved, so that no crash takes it back to records that
  /// were let go; the end of all offsets where there is none.
  [[nodiscard]] log_offset oldest_needed(model::lane l) const;
  /// One past the last record that any cursor of a lane has handled.
  [[nodiscard]] log_offset furthest(model::lane l) const;
  void save_moved();
  void save_all(std::move_only_function<void(result<>)> done);

 private:
  [[nodiscard]] std::string path_of(const std::string& key) const { return folder_ + '/' + key; }
  result<> load_one(const std::string& key);

  io::disk& disk_;
  io::worker& worker_;
  const std::string folder_;
  const perigee::epoch epoch_;
  std::map<std::string, std::shared_ptr<cursor_state>, std::less<>> all_;  // by lane.name
};

}  // namespace perigee::journal::detail
