#pragma once
// Functions of one number. What <cmath> has under the same name is taken from there.

namespace perigee::promql::detail::numbers {

double absolute(double x);
double rounded_up(double x);
double rounded_down(double x);
double sign(double x);
double degrees(double x);
double radians(double x);

// Of a time in seconds since the epoch, in UTC.
double minute(double seconds);
double hour(double seconds);
double day_of_week(double seconds);   // 0 is Sunday
double day_of_month(double seconds);  // from 1
double day_of_year(double seconds);   // from 1
double days_in_month(double seconds);
double month(double seconds);  // from 1
double year(double seconds);

}  // namespace perigee::promql::detail::numbers
