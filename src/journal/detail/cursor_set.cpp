#include "journal/detail/cursor_set.hpp"

#include <algorithm>
#include <format>
#include <optional>
#include <utility>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view place = "journal";
constexpr std::string_view slot_magic = "PGCU";
constexpr std::uint8_t slot_version = 1;
constexpr std::size_t slot_crc_at = 32;

bool well_named(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::journal_cursor_name_bytes_max && std::ranges::all_of(name, fits);
}

}  // namespace

void encode_slot(const cursor_slot& s, byte_span out) {
  byte_buffer bytes;
  byte_writer w(bytes);
  w.bytes(as_bytes(slot_magic));
  w.u8(slot_version);
  w.u8(s.required ? 1 : 0);
  w.u16(0);
  w.u64(s.saves);
  w.u64(s.epoch.value());
  w.u64(s.position.value());
  w.u32(crc32c(bytes));
  std::ranges::copy(bytes, out.begin());
}

result<cursor_slot> decode_slot(byte_view in) {
  byte_reader r(in);
  const bool marked = as_text(r.bytes(slot_magic.size())) == slot_magic;
  const auto version = r.u8();
  cursor_slot s;
  s.required = r.u8() != 0;
  r.u16();
  s.saves = r.u64();
  s.epoch = perigee::epoch(r.u64());
  s.position = log_offset(r.u64());
  const auto crc = r.u32();
  if (!r.ok() || !marked || crc != crc32c(in.first(slot_crc_at)))
    return fail(errc::corrupt, "the slot does not verify");
  if (version > slot_version) return fail(errc::unsupported, "the cursor was written by a newer version of Perigee");
  return s;
}

result<cursor_slot> read_cursor(io::file& from) {
  std::optional<cursor_slot> newest;
  for (const auto at : {std::uint64_t{0}, cursor_slot_spacing}) {
    std::array<std::uint8_t, cursor_slot_bytes> bytes;
    PG_TRY(const auto got, from.read_at(at, bytes));
    const auto slot = decode_slot(byte_view(bytes).first(got));
    if (!slot && is(slot.error(), errc::unsupported)) return slot;
    if (slot && (!newest || slot->saves > newest->saves)) newest = *slot;
  }
  if (!newest) return fail(errc::corrupt, "neither of the cursor's two slots can be read");
  return *newest;
}

cursor_state::cursor_state(io::worker& worker, std::unique_ptr<io::file> file, std::string name, model::lane l,
                           cursor_slot stored)
    : worker_(worker),
      file_(std::move(file)),
      name_(std::move(name)),
      lane_(l),
      position_(stored.position),
      durable_(stored.position),
      stored_(stored) {}

void cursor_state::move_to(log_offset to) {
  if (to <= position_) return;
  position_ = to;
  unsaved_ = true;
}

void cursor_state::require(bool required) {
  if (stored_.required == required) return;
  stored_.required = required;
  unsaved_ = true;
}

void cursor_state::save(const std::shared_ptr<cursor_state>& self, std::move_only_function<void(result<>)> done) {
  if (done) self->waiting_.push_back(std::move(done));
  if (self->saving_) return;
  self->saving_ = true;
  self->unsaved_ = false;
  self->told_ = std::exchange(self->waiting_, {});
  self->stored_.position = self->position_;
  ++self->stored_.saves;
  self->worker_.submit([self] { self->write(); }, [self] { saved(self); });
}

void cursor_state::write() {
  std::array<std::uint8_t, cursor_slot_bytes> bytes;
  encode_slot(stored_, bytes);
  outcome_ = file_->write_at((stored_.saves % 2) * cursor_slot_spacing, bytes);
  if (outcome_) outcome_ = file_->sync();
}

void cursor_state::saved(const std::shared_ptr<cursor_state>& self) {
  self->saving_ = false;
  if (self->outcome_) {
    self->durable_ = self->stored_.position;
  } else {
    self->unsaved_ = true;
    log::warn(place, "cursor {} is not saved: {}", self->name_, self->outcome_.error().text());
  }
  for (auto& tell : std::exchange(self->told_, {})) tell(self->outcome_);
  if (!self->waiting_.empty()) save(self, {});
}

cursor_set::cursor_set(io::disk& disk, io::worker& worker, std::string folder, perigee::epoch epoch)
    : disk_(disk), worker_(worker), folder_(std::move(folder)), epoch_(epoch) {}

result<> cursor_set::load() {
  PG_TRY_VOID(disk_.make_folder(folder_));
  PG_TRY(const auto names, disk_.list(folder_));
  for (const auto& key : names) PG_TRY_VOID(load_one(key));
  return {};
}

result<> cursor_set::load_one(const std::string& key) {
  const auto dot = key.find('.');
  const auto l = model::lane_from(std::string_view(key).substr(0, dot));
  if (dot == std::string::npos || !l || all_.size() >= limits::journal_cursors_max) {
    log::warn(place, "{}: not a cursor, left alone", path_of(key));
    return {};
  }
  PG_TRY(auto file, disk_.open(path_of(key), io::open_mode::write));
  auto slot = read_cursor(*file);
  if (!slot && !is(slot.error(), errc::corrupt)) return std::unexpected(slot.error());
  if (slot && slot->epoch != epoch_) slot = fail(errc::corrupt, "the cursor belongs to another journal");
  if (!slot) {
    log::fault(place, "{}: {}; its reader starts again at the oldest record", path_of(key), slot.error().what);
    slot = cursor_slot{.required = true, .epoch = epoch_};
  }
  all_.emplace(key, std::make_shared<cursor_state>(worker_, std::move(file), key.substr(dot + 1), *l, *slot));
  return {};
}

result<std::shared_ptr<cursor_state>> cursor_set::open(std::string_view name, model::lane l, bool required,
                                                       log_offset oldest) {
  if (!well_named(name)) return fail(errc::malformed, "a cursor's name is 1 to 64 of a-z, 0-9, '.', '_' and '-'");
  const auto key = std::format("{}.{}", model::name_of(l), name);
  if (const auto found = all_.find(key); found != all_.end()) {
    if (found->second->open) return fail(errc::exists, "the cursor is open already");
    found->second->open = true;
    found->second->require(required);
    return found->second;
  }
  if (all_.size() >= limits::journal_cursors_max) return fail(errc::full, "a journal has at most 256 cursors");
  PG_TRY(auto file, disk_.open(path_of(key), io::open_mode::create));
  const cursor_slot fresh{.required = required, .saves = 0, .epoch = epoch_, .position = oldest};
  std::array<std::uint8_t, cursor_slot_bytes> bytes;
  encode_slot(fresh, bytes);
  PG_TRY_VOID(file->write_at(0, bytes));
  PG_TRY_VOID(file->sync());
  PG_TRY_VOID(disk_.sync_folder(folder_));
  auto state = std::make_shared<cursor_state>(worker_, std::move(file), std::string(name), l, fresh);
  state->open = true;
  all_.emplace(key, state);
  return state;
}

result<> cursor_set::forget(std::string_view name, model::lane l) {
  const auto found = all_.find(std::format("{}.{}", model::name_of(l), name));
  if (found == all_.end()) return fail(errc::not_found, "there is no such cursor");
  if (found->second->open) return fail(errc::exists, "the cursor is open");
  PG_TRY_VOID(disk_.remove(path_of(found->first)));
  all_.erase(found);
  return disk_.sync_folder(folder_);
}

std::vector<std::string> cursor_set::idle(std::string_view prefix, model::lane l) const {
  const auto start = std::format("{}.{}", model::name_of(l), prefix);
  std::vector<std::string> out;
  for (const auto& [key, state] : all_) {
    if (key.starts_with(start) && !state->open) out.push_back(key.substr(start.size() - prefix.size()));
  }
  return out;
}

log_offset cursor_set::oldest_needed(model::lane l) const {
  log_offset oldest(UINT64_MAX);
  for (const auto& [key, state] : all_) {
    if (state->lane() == l && state->required()) oldest = std::min(oldest, state->durable());
  }
  return oldest;
}

log_offset cursor_set::furthest(model::lane l) const {
  log_offset end;
  for (const auto& [key, state] : all_) {
    if (state->lane() == l) end = std::max(end, state->position());
  }
  return end;
}

void cursor_set::save_moved() {
  for (const auto& [key, state] : all_) {
    if (state->dirty()) cursor_state::save(state, {});
  }
}

void cursor_set::save_all(std::move_only_function<void(result<>)> done) {
  struct gathering {
    std::size_t left;
    result<> first_error;
    std::move_only_function<void(result<>)> done;
  };
  std::vector<std::shared_ptr<cursor_state>> moved;
  for (const auto& [key, state] : all_) {
    if (state->dirty()) moved.push_back(state);
  }
  if (moved.empty()) return done({});
  auto all = std::make_shared<gathering>(moved.size(), result<>{}, std::move(done));
  for (const auto& state : moved) {
    cursor_state::save(state, [all](result<> outcome) {
      if (!outcome && all->first_error) all->first_error = outcome;
      if (--all->left == 0) all->done(all->first_error);
    });
  }
}

}  // namespace perigee::journal::detail
