#include <map>

#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using testing::client;
using testing::client_terms;
using testing::site;
using wire::mqtt::reason;
using words = std::vector<std::string>;

/// Who is in the map may not be connected.
class simple_standing final : public standing_port {
 public:
  [[nodiscard]] answer of(std::string_view name, const io::peer_certificate& shown, moment) const override {
    const auto found = fallen.find(std::string(name) + "/" + shown.serial);
    return found == fallen.end() ? answer{} : answer{found->second, "the test says so"};
  }
  void refused(std::string_view name, std::string_view address, const char* why, moment) override {
    told.push_back(std::format("refused {} {} {}", name, address, why));
  }
  void connected(std::string_view name, const io::peer_certificate& shown, std::string_view, moment) override {
    told.push_back(std::format("connected {} {}", name, shown.serial));
  }

  std::map<std::string, reason> fallen;
  words told;
};

class standing : public ::testing::Test {
 protected:
  standing() { at.core.set_standing(port); }

  static client_terms with(const std::string& name, const std::string& serial) {
    client_terms out{.link = {.name = name, .address = "test"}};
    out.link.certificate = std::make_shared<const io::peer_certificate>(
        io::peer_certificate{.issuer = "aa", .serial = serial, .not_before = {}, .not_after = {}});
    return out;
  }

  simple_standing port;
  site at;
};

TEST_F(standing, is_asked_of_who_shows_a_certificate) {
  client good(at, "c1", with("press-1", "01"));
  EXPECT_TRUE(good.end().connection().connected());
  port.fallen["press-2/02"] = reason::banned;
  port.fallen["press-1/03"] = reason::not_authorized;
  client banned(at, "c2", with("press-2", "02"));
  EXPECT_EQ(banned.heard(), words{"closed banned"});
  client revoked(at, "c3", with("press-1", "03"));
  EXPECT_EQ(revoked.heard(), words{"closed not authorized"});
  EXPECT_EQ(port.told, (words{"connected press-1 01", "refused press-2 test the test says so",
                              "refused press-1 test the test says so"}));
}

TEST_F(standing, is_not_asked_of_who_shows_none) {
  port.fallen["/"] = reason::banned;
  client nobody(at, "c1");
  EXPECT_TRUE(nobody.end().connection().connected());
  EXPECT_TRUE(port.told.empty());
}

TEST_F(standing, that_falls_ends_a_connection) {
  client one(at, "c1", with("press-1", "01"));
  client other(at, "c2", with("press-2", "02"));
  client third(at, "c3", with("press-3", "03"));
  port.fallen["press-1/01"] = reason::banned;
  port.fallen["press-3/03"] = reason::not_authorized;
  at.core.review_standing(at.now);
  one.exchange();
  third.exchange();
  EXPECT_EQ(one.heard(), words{"closed administrative action"});
  EXPECT_EQ(third.heard(), words{"closed not authorized"});
  EXPECT_TRUE(other.end().connection().connected());
}

}  // namespace
}  // namespace perigee::doors::mqtt
