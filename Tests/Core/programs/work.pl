# Hashes, strings, sorting, regular expressions, fork and pipes.
use strict;
use warnings;

my %counts;
for my $number (1 .. 60000) {
    my $key = sprintf("key-%d", ($number * 7919) % 1009);
    $counts{$key} .= chr(65 + $number % 26);
}
my @keys = sort { length($counts{$b}) <=> length($counts{$a}) || $a cmp $b } keys %counts;
print "$keys[0] $counts{$keys[0]}\n";
my $text = join(",", map { "$_=" . length($counts{$_}) } @keys);
my $matches = () = $text =~ /key-(\d*)7(\d*)=(\d+)/g;
(my $upper = $text) =~ s/(key)-(\d+)/\U$1\E<$2>/g;
printf "%d %d %s\n", $matches, length($upper), substr($upper, 1000, 40);
my @tree = map { { left => [1 .. $_ % 50], right => { name => "node $_" } } } 1 .. 3000;
my $sum = 0;
$sum += scalar(@{ $_->{left} }) + length($_->{right}{name}) for @tree;
print "$sum\n";
for my $child (1 .. 10) {
    my $pid = open(my $pipe, "-|") // die "fork: $!";
    if (!$pid) { print join(" ", map { $_ * $child } 1 .. 10), "\n"; exit($child % 3); }
    print <$pipe>;
    close($pipe);
    print $? >> 8, "\n";
}
eval { die { code => 42 } };
print "caught $@->{code}\n";
exit 7;
