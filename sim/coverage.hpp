#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "model/record_batch.hpp"
#include "sim/shadow.hpp"

namespace perigee::sim {

/// Follows every record that any node of the site committed to where it ended up at the top: it arrived, or a gap
/// stands for it, exactly once (P2, P3). A gap over a batch stands for all that was in it.
class coverage {
 public:
  /// The shadows of all nodes of the site, by name.
  coverage(world& in, std::map<std::string, const shadow*> nodes);

  /// Reads the top's journal from its start.
  void read(journal::journal& top);
  /// Nothing is missing, nothing is there twice.
  void judge();

  enum class fate : std::uint8_t { nowhere, arrived, gap };
  [[nodiscard]] fate of(const std::string& node, model::lane l, std::uint64_t offset) const;
  /// Messages that arrived with a payload, and those of them that are no JSON.
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t poison() const { return poison_; }
  [[nodiscard]] std::uint64_t in_gaps() const { return in_gaps_; }

 private:
  struct counted {
    std::uint8_t arrived = 0;
    std::uint8_t in_gap = 0;
  };
  using lanes = std::array<std::vector<counted>, model::lane_count>;

  void take(const std::string& node, model::lane l, log_offset at, const model::record_view& r, std::size_t depth);
  void take_batch(model::lane l, const model::record_view& r, std::size_t depth);
  void take_gap(const std::string& node, const model::record_view& r);
  void miss(const std::string& node, model::lane l, std::uint64_t first, std::uint64_t last);
  [[nodiscard]] bool stands_for_others(const std::string& node, model::lane l, log_offset at,
                                       const model::record_view& r) const;
  [[nodiscard]] counted* find(const std::string& node, model::lane l, std::uint64_t offset);

  world& world_;
  std::map<std::string, const shadow*> nodes_;
  std::map<std::string, lanes> counts_;
  std::vector<model::batch_decoder> decoders_;  // one for each depth
  byte_buffer scratch_;
  std::uint64_t messages_ = 0;
  std::uint64_t poison_ = 0;
  std::uint64_t in_gaps_ = 0;
};

}  // namespace perigee::sim
