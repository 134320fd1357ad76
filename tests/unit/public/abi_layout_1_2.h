/* What ABI 1.2 added to the layout of 1.1; see there. Valid C11 and C++. */
#ifndef APPSERVER_TESTS_ABI_LAYOUT_1_2_H
#define APPSERVER_TESTS_ABI_LAYOUT_1_2_H

#include <appserver/abi_deadline.h>

#include "unit/public/abi_layout_1_1.h"

LAYOUT_SIZE(appserver_deadline, 16);
LAYOUT_FIELD(appserver_deadline, set, 8, 8);

#endif /* APPSERVER_TESTS_ABI_LAYOUT_1_2_H */
