# A portal of LemonLDAP::NG on the socket that it inherits, and a log of each request: `perl portal.pl NAME SOCKET HTDOCS LOG`.
# The log is what a test reads, secrets and all; it lives as long as the test.
use strict;
use warnings;
use Fcntl qw(:flock);
use HTTP::Server::PSGI;
use IO::Socket::INET;
use JSON;
use Lemonldap::NG::Portal::Main;
use Plack::App::File;
use Plack::Request;
use Plack::Util;
use Time::HiRes qw(time);

# A portal loads a captcha at start, whether it shows one or not, and the one of the packages brings ImageMagick along.
package NoCaptcha {
    use Mouse;
    extends 'Lemonldap::NG::Common::Module';
    sub init { 1 }
    $INC{'NoCaptcha.pm'} = __FILE__;
}

my ( $name, $descriptor, $htdocs, $log ) = @ARGV;

sub note {
    open my $file, '>>', $log or die "$log: $!";
    flock $file, LOCK_EX;
    print $file encode_json(shift) . "\n";
}

my $portal = Lemonldap::NG::Portal::Main->run( {} );
my $pages  = Plack::App::File->new( root => $htdocs )->to_app;

sub logged {
    my ($env) = @_;
    return $pages->($env) if $env->{PATH_INFO} =~ m{^/static/};
    my $request = Plack::Request->new($env);
    my %entry   = (
        time   => time,
        from   => $request->user_agent // '',
        to     => $name,
        method => $request->method,
        path   => $request->path,
        query  => $request->env->{QUERY_STRING} // '',
        body   => $request->content,
    );
    my $response = $portal->($env);
    Plack::Util::foreach( $response->[2], sub { $entry{response} .= shift } );
    $entry{status}   = $response->[0];
    $entry{location} = Plack::Util::header_get( $response->[1], 'location' ) // '';
    $response->[2]   = [ delete $entry{response} // '' ];
    # Pages are left out: what the user reads is in the browser.
    $entry{response} = $response->[2][0]
      if ( Plack::Util::header_get( $response->[1], 'content-type' ) // '' ) =~ /json/;
    note( \%entry );
    return $response;
}

my $socket = IO::Socket::INET->new_from_fd( $descriptor, 'r+' ) or die "socket $descriptor: $!";
HTTP::Server::PSGI->new( listen_sock => $socket, timeout => 30 )->run( \&logged );
