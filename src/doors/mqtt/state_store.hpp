#pragma once

#include <array>
#include <memory>
#include <string>

#include "doors/mqtt/state_port.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::doors::mqtt {

/// The broker's state in an SQLite file, one transaction and one sync a change. Owned by the door; used by one thread
/// at a time, the disk worker after the start.
class state_store final : public state_port {
 public:
  /// Makes the file where there is none. errc::unsupported for a newer version; errc::refused, errc::io where it is no
  /// database or a damaged one.
  [[nodiscard]] static result<std::unique_ptr<state_store>> open(const std::string& path);

  /// Renames the file, to NAME.refused, and takes away what SQLite had beside it. Nobody may have it open.
  [[nodiscard]] static result<> set_aside(const std::string& path);

  result<> apply(const state_change& change) override;
  result<> load(visitor visit) override;

 private:
  explicit state_store(sqlite::connection opened) : database_(std::move(opened)) {}
  [[nodiscard]] result<> prepare();
  [[nodiscard]] result<> put_all(const state_change& change);

  sqlite::connection database_;
  std::array<sqlite::statement, state_kind_count> put_;
  std::array<sqlite::statement, state_kind_count> remove_;
};

}  // namespace perigee::doors::mqtt
