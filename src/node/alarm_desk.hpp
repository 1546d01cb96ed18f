#pragma once

#include <memory>
#include <string>

#include "alarm/book.hpp"
#include "api/route.hpp"
#include "io/file.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "model/record_batch.hpp"

namespace perigee::node {

/// Where alarms of this node and those below it are answered: follows the journal's alarm lane and keeps the book of
/// alarms (docs/formats/alarm-book.md). Owned by the node, on its shard; journal and worker outlive it.
class alarm_desk {
 public:
  [[nodiscard]] static result<std::unique_ptr<alarm_desk>> open(io::shard& on, io::disk& disk, io::worker& by,
                                                                journal::journal& log, std::string file);

  [[nodiscard]] const alarm::book& book() const { return book_; }
  /// GET /api/v1/alarms, POST .../{id}/acknowledge, POST .../{id}/clear
  [[nodiscard]] api::routes routes();
  /// Reads what is committed, keeps the book on disk as it changes. Until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  alarm_desk(io::shard& on, io::disk& disk, io::worker& by, journal::journal& log, std::string file);
  void follow();
  void save();
  /// What a person cleared goes to the alarm's subscribers and upwards, as a rule would say it.
  void tell_cleared(const alarm::alarm& one);
  [[nodiscard]] api::answer list(const api::request& asked) const;
  [[nodiscard]] api::answer acknowledge(const api::request& asked);
  [[nodiscard]] api::answer clear(const api::request& asked);

  io::disk& disk_;
  io::worker& worker_;
  journal::journal& log_;
  std::string file_;
  journal::reader reader_;
  model::batch_opener opener_;
  alarm::book book_;
  std::shared_ptr<io::event> work_;  // shared with the journal's listener
  std::uint64_t saved_ = 0;          // the book's version on disk
  bool saving_ = false;
};

/// As the API shows it.
[[nodiscard]] std::string to_json_text(const alarm::alarm& one);

}  // namespace perigee::node
