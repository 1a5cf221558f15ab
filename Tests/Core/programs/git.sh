# Everyday work on the clone that is the only argument; all times are fixed.
set -e
cd "$1"
export GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' GIT_PAGER=cat
git status --short --branch
for number in 1 2 3 4 5; do
    for line in 1 2 3 4 5 6 7 8 9 10; do echo "line $line of file $number"; done > "file-$number"
    git add "file-$number"
    git commit -q -m "add file $number"
done
git checkout -q -b side HEAD~2
echo other > file-9
git add file-9
git commit -q -m 'on the side'
git merge -q --no-edit - > /dev/null
git log --oneline --graph -n 8
git diff --stat HEAD~3
git blame -s file-1
git repack -adq
git gc -q
git fsck --strict --no-progress --no-dangling 2>&1
git count-objects | sed 's/,.*//'
git rev-parse HEAD
