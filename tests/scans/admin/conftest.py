from tests.staff_cast import cast as cast
from tests.staff_cast import sent as sent
