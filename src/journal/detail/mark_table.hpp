#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "journal/lane_log.hpp"

namespace perigee::journal::detail {

/// The newest stamp of every source of a lane (promise P2). A stamp is set with its record and is durable with it: the
/// table remembers what each mark was before the batch being staged and before the batch being written, so that a
/// segment can start with exactly what is committed. Owned by the lane.
class mark_table {
 public:
  [[nodiscard]] std::optional<stamp> find(std::string_view source) const;
  /// errc::duplicate at or below the mark in the same epoch, errc::full for one source too many; sets nothing.
  [[nodiscard]] result<> check(std::string_view source, stamp s);
  /// After a check of the same source.
  void set(std::string_view source, stamp s);

  /// The staged batch is being written, a new one starts.
  void launch();
  /// The batch that was being written is committed.
  void keep();
  /// It is not: it is part of the staged batch again.
  void take_back();

  /// Appends a state frame's body: the marks as they were before the staged batch.
  void encode(byte_buffer& out) const;
  /// Replaces all by a state frame's body. errc::corrupt, errc::unsupported.
  [[nodiscard]] result<> decode(byte_view body);
  [[nodiscard]] std::size_t size() const { return marks_.size(); }

 private:
  struct mark {
    stamp newest;
    std::uint64_t batch = 0;  // the batch that set it last
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  using map = std::unordered_map<std::string, mark, hash, std::equal_to<>>;
  struct before {
    map::value_type* of;
    stamp was;  // epoch 0: the source was unknown
  };

  map marks_;
  map::value_type* checked_ = nullptr;  // what the last check found
  std::uint64_t batch_ = 1;
  std::vector<before> staged_;
  std::vector<before> flying_;
};

}  // namespace perigee::journal::detail
