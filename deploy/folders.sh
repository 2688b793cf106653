#!/bin/sh
# Makes the course directory's and the exchange's folders with their owners and modes; run as root, as often as you like.
#   folders.sh COURSE_ID COURSE_ROOT EXCHANGE_ROOT GROUP
set -eu
[ $# = 4 ] || { echo "usage: $0 COURSE_ID COURSE_ROOT EXCHANGE_ROOT GROUP" >&2; exit 2; }
course_id=$1 course=$2 exchange=$3 group=$4

getent group "$group" >/dev/null || groupadd "$group"

# The course: graders read and write, nobody else even enters. 2 (setgid) gives new files to the group.
mkdir -p "$course"
chgrp -R "$group" "$course"
find "$course" -type d -exec chmod u+rwx,g+rwxs,o-rwx {} +
# SQLite would make a gradebook that its maker alone may write.
[ -e "$course/gradebook.db" ] || install -m 664 -g "$group" /dev/null "$course/gradebook.db"
find "$course" -type f -not -path "$course/.autograder/secret*" -exec chmod u+rw,g+rw,o-w {} +
find "$course/.autograder" -name 'secret*' -exec chmod 640 {} + 2>/dev/null || true  # not there before the first grading

# The exchange: nbgrader wants it writable for all; 1 (sticky) keeps them from renaming what is not theirs.
mkdir -p "$exchange"
chmod 1777 "$exchange"
for folder in "" /outbound /inbound /feedback; do
  mkdir -p "$exchange/$course_id$folder"
  chgrp "$group" "$exchange/$course_id$folder"
done
chmod 2775 "$exchange/$course_id" "$exchange/$course_id/outbound"
chmod 2773 "$exchange/$course_id/inbound"   # anybody hands in, graders alone list
chmod 2771 "$exchange/$course_id/feedback"  # read by a name that the student's own submission holds the secret of
