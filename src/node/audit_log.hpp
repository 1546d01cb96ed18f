#pragma once

#include <deque>
#include <string>

#include "api/dispatcher.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"

namespace perigee::node {

/// Who changed what through the API: docs/formats/audit.md. The newest limits::http_audit_entries_max entries are in
/// memory, about the newest two times limits::http_audit_bytes_max on disk. Owned by the node, on its shard; written on
/// the worker, which outlives it.
class audit_log final : public api::audit_port {
 public:
  struct entry {
    std::uint64_t id = 0;
    timestamp at;
    std::string who;
    std::string from;  // address
    std::string what;
    std::string of;
    unsigned status = 0;
  };

  /// Goes on behind what is there. What of it cannot be read is left out.
  [[nodiscard]] static result<std::unique_ptr<audit_log>> open(io::disk& on, io::worker& by, const std::string& folder);

  void record(const api::deed& done) override;
  /// The oldest first.
  [[nodiscard]] const std::deque<entry>& entries() const { return entries_; }

 private:
  struct writer;
  audit_log(io::worker& by, std::shared_ptr<writer> to) : worker_(by), writer_(std::move(to)) {}
  void keep(entry e);

  io::worker& worker_;
  std::shared_ptr<writer> writer_;  // of the worker; a job may outlive this
  std::deque<entry> entries_;
};

/// GET /api/v1/audit
[[nodiscard]] api::routes audit_routes(const audit_log& log);

}  // namespace perigee::node
