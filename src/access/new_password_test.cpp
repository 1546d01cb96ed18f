#include "access/new_password.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace perigee::access {
namespace {

TEST(a_new_password, is_taken_where_it_is_long_enough_and_no_first_guess) {
  for (const auto* good :
       {"rusty kettle 9", "k7Gq2mZp0xWv", "Tür zu, es zieht!", "annotated in blue", "12 of 19 valves"}) {
    EXPECT_EQ(unfit_password("anna", good), "") << good;
  }
}

TEST(a_new_password, is_counted_in_characters) {
  EXPECT_NE(unfit_password("ann", "elevenchars"), "");
  EXPECT_NE(unfit_password("ann", "äöüßéèêëïñç"), "") << "22 bytes are 11 characters";
  EXPECT_EQ(unfit_password("ann", "äöüßéèêëïñçà"), "");
}

TEST(a_new_password, is_refused_with_its_reason) {
  const auto says = [](std::string_view password, std::string_view what) {
    const auto why = unfit_password("operator-7", password);
    EXPECT_TRUE(why.contains(what)) << password << ": " << why;
  };
  says("", "12 characters");
  says("short", "12 characters");
  says(std::string(limits::access_password_bytes_max, 'x') + "abcdef", "too long");
  says("aaaaaaaaaaaaaaaa", "few characters");
  says("ababababababab", "few characters");
  says("abcdefghijklmnop", "row");
  says("123456789012345", "row");
  says("987654321098765", "row");
  says("Password1234!", "well-known");
  says("qwertyuiop1234", "well-known");
  says("Operator-2026!", "name");
  says("\xff\xfe 1234567890 abc", "no text");
}

}  // namespace
}  // namespace perigee::access
