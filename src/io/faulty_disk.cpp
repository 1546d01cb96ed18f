#include "io/faulty_disk.hpp"

namespace perigee::io {

class faulty_disk::faulty_file final : public file {
 public:
  faulty_file(faulty_disk& on, std::string path, std::unique_ptr<file> under)
      : on_(on), path_(std::move(path)), under_(std::move(under)) {}

  result<std::size_t> read_at(std::uint64_t offset, byte_span into) override {
    const auto asked = on_.ask(operation::read, path_);
    if (!asked && !is(asked.error(), errc::corrupt)) return std::unexpected(asked.error());
    PG_TRY(const auto n, under_->read_at(offset, into));
    on_.count_read(n);
    if (!asked && n != 0) into[n / 2] ^= 1;
    return n;
  }
  result<> write_at(std::uint64_t offset, byte_view bytes) override {
    PG_TRY_VOID(on_.ask(operation::write, path_));
    return under_->write_at(offset, bytes);
  }
  result<> sync() override {
    PG_TRY_VOID(on_.ask(operation::sync, path_));
    return under_->sync();
  }
  result<> truncate(std::uint64_t size) override {
    PG_TRY_VOID(on_.ask(operation::truncate, path_));
    return under_->truncate(size);
  }
  result<std::uint64_t> size() override { return under_->size(); }

 private:
  faulty_disk& on_;
  std::string path_;
  std::unique_ptr<file> under_;
};

result<> faulty_disk::ask(operation op, const std::string& path) const {
  const auto answer = says_(op, path);
  if (answer == errc::ok) return {};
  return fail(answer, "a fault that the test asked for");
}

result<std::unique_ptr<file>> faulty_disk::open(const std::string& path, open_mode mode) {
  PG_TRY_VOID(ask(operation::open, path));
  PG_TRY(auto opened, under_.open(path, mode));
  return std::make_unique<faulty_file>(*this, path, std::move(opened));
}
result<std::vector<std::string>> faulty_disk::list(const std::string& folder) {
  PG_TRY_VOID(ask(operation::list, folder));
  return under_.list(folder);
}
result<> faulty_disk::make_folder(const std::string& folder) { return under_.make_folder(folder); }
result<> faulty_disk::remove(const std::string& path) {
  PG_TRY_VOID(ask(operation::remove, path));
  return under_.remove(path);
}
result<> faulty_disk::rename(const std::string& from, const std::string& to) {
  PG_TRY_VOID(ask(operation::rename, from));
  return under_.rename(from, to);
}
result<> faulty_disk::sync_folder(const std::string& folder) {
  PG_TRY_VOID(ask(operation::sync_folder, folder));
  return under_.sync_folder(folder);
}
result<disk_space> faulty_disk::space(const std::string& folder) { return under_.space(folder); }
result<std::unique_ptr<disk_lock>> faulty_disk::lock(const std::string& path) { return under_.lock(path); }

}  // namespace perigee::io
