//! One connection to the gateway with a client that does not give up. It sends an interrupted request again, word for
//! word, and waits when the gateway says so.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use fastrand::Rng;
use serde_json::Value;
use tollbridge_tests::caller::{Call, Client, GatewayResponse};

use crate::life::DueItem;
use crate::pool::{Delivery, Item, MerchantCommand};
use crate::run::ChaosRun;

/// One command in this many is sent over two connections at once.
const TWIN_IN: u8 = 4;

pub struct CommandCaller {
    run: Arc<ChaosRun>,
    random: Rng,
    clients: HashMap<SocketAddr, Client>,
}

impl CommandCaller {
    pub fn new(run: Arc<ChaosRun>, random: Rng) -> Self {
        Self { run, random, clients: HashMap::new() }
    }

    /// Works on tasks until none is left.
    pub async fn work(&mut self) -> anyhow::Result<()> {
        while let Some(item) = self.run.pool.take().await {
            let done = self.carry_out(item).await;
            self.run.pool.done();
            done?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, item: Item) -> anyhow::Result<()> {
        match item {
            Item::Command(command) => self.command(command).await,
            Item::Delivery(delivery) => self.deliver(delivery).await,
            Item::Drain(site) => self.drain(site).await.map(drop),
        }
    }

    /// Sends a command. Some are sent twice at once, over two connections, as by a client whose first try seems to
    /// hang.
    async fn command(&mut self, command: MerchantCommand) -> anyhow::Result<()> {
        let (first, second) = (self.command_call(&command).await?, self.command_call(&command).await?);
        let replies = if self.random.u8(0..TWIN_IN) == 0 {
            self.run.report().count("commands", "two at once");
            let (first, second) = tokio::join!(self.send(first), self.send(second));
            vec![first, second]
        } else {
            vec![self.send(first).await]
        };
        for reply in &replies {
            self.run.report().count("commands", outcome("commands", reply.as_ref()));
        }
        let succeeded = |reply: &&GatewayResponse| matches!(reply.status, 201 | 202);
        if let [Some(first), Some(second)] = replies.as_slice()
            && [first, second].iter().all(succeeded)
            && first.json() != second.json()
        {
            let failure = format!("{} has two answers: {} and {}", command.key, first.body, second.body);
            self.run.report().failures.push(failure);
        }
        if let Some(reply) = replies.iter().flatten().find(succeeded) {
            self.answered(&command, &reply.json());
            return Ok(());
        }
        // No response, or none that is final: the same request is sent again, with the same key.
        let waits = |reply: &GatewayResponse| reply.header("retry-after").is_some();
        if replies.iter().any(|reply| reply.as_ref().is_none_or(waits)) {
            let rounds = u32::from(replies.iter().flatten().any(|reply| reply.status == 409));
            self.run.pool.add(DueItem { rounds, item: Item::Command(command) });
            return Ok(());
        }
        if let Some(reply) =
            replies.iter().flatten().find(|reply| !matches!(reply.status, 409 | 422) && !was_denied(reply))
        {
            self.unexpected(reply);
            return Ok(());
        }
        let mut lives = self.run.lives();
        let life = &mut lives[command.life];
        let mut due: Vec<DueItem> = life.was_refused().into_iter().collect();
        if due.is_empty() {
            due = life.go_on(self.run.maldopay(command.site), &mut self.random);
        }
        due.into_iter().for_each(|due| self.run.pool.add(due));
        Ok(())
    }

    async fn command_call(&mut self, command: &MerchantCommand) -> anyhow::Result<Call> {
        let call = self.client().await?.call("POST", &command.path).key(&command.key).json(&command.body);
        Ok(self.authorized(call, command.site))
    }

    fn answered(&mut self, command: &MerchantCommand, payment: &Value) {
        self.run.report().answered.push(payment.clone());
        let mut lives = self.run.lives();
        let life = &mut lives[command.life];
        life.answered(payment);
        let due = life.go_on(self.run.maldopay(command.site), &mut self.random);
        drop(lives);
        due.into_iter().for_each(|due| self.run.pool.add(due));
    }

    async fn deliver(&mut self, delivery: Delivery) -> anyhow::Result<()> {
        let request = self.run.maldopay(delivery.site).signed(&delivery.callback);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let path = self.run.sites[delivery.site].settings.webhook();
        let reply = self.client().await?.deliver(&path, request);
        let reply = self.send(reply).await;
        let outcome = outcome("callbacks", reply.as_ref());
        self.run.report().count("callbacks", outcome);
        match reply {
            Some(reply) if reply.status == 200 && reply.body == "OK" => {
                self.run.report().taken.push((delivery.reference, body));
            }
            None => self.run.pool.add(DueItem { rounds: 0, item: Item::Delivery(delivery) }),
            Some(reply) if reply.status == 503 => {
                self.run.pool.add(DueItem { rounds: 0, item: Item::Delivery(delivery) })
            }
            Some(reply) => self.unexpected(&reply),
        }
        Ok(())
    }

    /// Drains a site, as an administrator does who has looked at its pauses. `None` without a response, or if the store
    /// failed.
    pub async fn drain(&mut self, site: usize) -> anyhow::Result<Option<Value>> {
        let call = self.client().await?.call("POST", "/v1/drain?resume=true");
        let reply = self.send(self.authorized(call, site)).await;
        let outcome = outcome("drains", reply.as_ref());
        self.run.report().count("drains", outcome);
        Ok(match reply {
            Some(reply) if reply.status == 200 => Some(reply.json()),
            Some(reply) if reply.status != 503 => {
                self.unexpected(&reply);
                None
            }
            Some(_) | None => None,
        })
    }

    /// The response of a site to this path. The request is repeated until there is one.
    pub async fn get(&mut self, site: usize, path: &str) -> anyhow::Result<GatewayResponse> {
        loop {
            let call = self.client().await?.call("GET", path);
            if let Some(reply) = self.send(self.authorized(call, site)).await {
                return Ok(reply);
            }
        }
    }

    fn authorized(&self, call: Call, site: usize) -> Call {
        call.with("authorization", format!("Bearer {}", self.run.sites[site].settings.api_key))
    }

    /// A client of one of the gateways, chosen as a load balancer would: only among those that respond.
    async fn client(&mut self) -> anyhow::Result<Client> {
        let fleet = &self.run.fleet;
        let chosen = self.random.usize(0..fleet.len());
        let mut address = fleet.address(chosen).await?;
        if fleet.is_still(address) {
            address = fleet.address((chosen + 1) % fleet.len()).await?;
        }
        Ok(self.clients.entry(address).or_insert_with(|| Client::new(address)).clone())
    }

    async fn send(&self, call: Call) -> Option<GatewayResponse> {
        self.run.sent.send_modify(|sent| *sent += 1);
        let address = call.address();
        tokio::select! {
            reply = call.send() => reply.ok(),
            () = self.run.fleet.stands_still(address) => {
                self.run.report().count("processes that stood still", "calls given up");
                None
            }
        }
    }

    fn unexpected(&self, reply: &GatewayResponse) {
        let what = format!("{} was answered {} {}", reply.asked, reply.status, reply.body);
        self.run.report().failures.push(what);
    }
}

/// Whether the host sent nothing, since too many calls were in progress. The payment that is left is found later.
fn was_denied(reply: &GatewayResponse) -> bool {
    reply.status == 503 && reply.json()["code"] == "not_sent"
}

fn outcome(of: &str, reply: Option<&GatewayResponse>) -> String {
    let Some(reply) = reply else { return "broken off".to_owned() };
    let problem: Option<Value> = (reply.status >= 400).then(|| serde_json::from_str(&reply.body).ok()).flatten();
    match problem.as_ref().and_then(|problem| problem["code"].as_str()) {
        Some(code) => format!("{} {code}", reply.status),
        None if of == "commands" && reply.header("idempotency-replayed").is_some() => {
            format!("{} replayed", reply.status)
        }
        None => reply.status.to_string(),
    }
}
