#pragma once
// Percentiles of a stream in little room: Dunning and Ertl, "Computing extremely accurate quantiles using t-digests",
// the merging variant.

#include <vector>

#include "base/bytes.hpp"

namespace perigee::rules::detail {

/// Exact while there are few values; later off by less than a percent of rank, least at both ends.
class t_digest {
 public:
  void add(double x) { take({x, 1}); }
  void merge(const t_digest& other);
  /// Nothing was added: NaN. q from 0 to 1.
  [[nodiscard]] double quantile(double q) const;
  [[nodiscard]] double count() const;
  [[nodiscard]] std::size_t heap_bytes() const { return (centroids_.size() + pending_.size()) * sizeof(centroid); }

  void encode(byte_writer& to) const;
  /// Fails the reader on what is no digest.
  [[nodiscard]] static t_digest decode(byte_reader& from);

 private:
  struct centroid {
    double mean = 0;
    double weight = 0;
  };

  void take(centroid one);
  void compress();

  std::vector<centroid> centroids_;  // by mean
  std::vector<centroid> pending_;    // not merged into them yet
};

}  // namespace perigee::rules::detail
