#!/bin/sh
# What differs between the clouds. Called as root:
#   cloud secret      prints the origin's environment, KEY=VALUE lines
#   cloud attach      attaches the cache disk to this machine, where it is not attached by itself
#   cloud reclaimed   succeeds once the cloud has announced that it takes this machine back
#   cloud replace     gives this machine up, so that its group makes another
#   cloud sleep       sets the group to no machine
set -eu
# shellcheck source=/dev/null
. "${THEMERANK_CONF:-/etc/themerank/origin.conf}"

# IMDSv2: a token first, then the answer. $1: the path below meta-data/.
aws_metadata() {
  token=$(curl -fsS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -fsS -m 3 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

gcp_metadata() {
  curl -fsS -m 3 -H 'Metadata-Flavor: Google' "http://169.254.169.254/computeMetadata/v1/instance/$1"
}

case $CLOUD-$1 in
  aws-secret)
    aws --region "$LOCATION" ssm get-parameter --name "$SECRET" --with-decryption --query Parameter.Value --output text
    ;;
  aws-attach)
    instance=$(aws_metadata instance-id)
    aws --region "$LOCATION" ec2 attach-volume --volume-id "$CACHE_VOLUME" --instance-id "$instance" --device /dev/sdf >/dev/null
    ;;
  aws-reclaimed) aws_metadata spot/instance-action >/dev/null 2>&1 ;;
  aws-replace)
    instance=$(aws_metadata instance-id)
    aws --region "$LOCATION" autoscaling set-instance-health --instance-id "$instance" --health-status Unhealthy
    ;;
  aws-sleep)
    aws --region "$LOCATION" autoscaling set-desired-capacity --auto-scaling-group-name "$GROUP" --desired-capacity 0
    ;;
  gcp-secret) gcloud secrets versions access latest --secret="$SECRET" ;;
  # A stateful disk is attached by the group.
  gcp-attach) ;;
  gcp-reclaimed) [ "$(gcp_metadata preempted)" = TRUE ] ;;
  # The group repairs a machine that ended without its order.
  gcp-replace) systemctl poweroff ;;
  gcp-sleep) gcloud compute instance-groups managed resize "$GROUP" --zone="$LOCATION" --size=0 --quiet ;;
  *)
    echo "cloud: no $1 on $CLOUD" >&2
    exit 2
    ;;
esac
